"""What is wrong with a plan, in one line with the nearest right name."""

from difflib import get_close_matches

__all__ = ["in_one_line"]


def in_one_line(error, model):
    """The first mistake of a `pydantic.ValidationError`, and how many more there are.

    Args:
        error: the error.
        model: the pydantic class that was to be read, for its names.
    """
    # A name that is wrong explains why the right one is missing.
    mistakes = sorted(error.errors(include_url=False), key=lambda mistake: mistake["type"] != "extra_forbidden")
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"the plan cannot be: {_told(mistakes[0], model)}{more}"


def _told(mistake, model):
    path = [str(step) for step in mistake["loc"] if not isinstance(step, int)]
    key, kind = ".".join(path[:2]), mistake["type"]
    if kind == "extra_forbidden":
        return f"there is no {key}{_nearest(path, model)}"
    if kind == "missing":
        return f"{key} is missing" if len(path) > 1 else f"there is no section [{key}]"
    message = mistake["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"{key}: {message}" if key else message
    said = message.replace("Input should", "must", 1)
    given = mistake["input"]
    near = ""
    if kind == "literal_error" and isinstance(given, str):
        near = _did_you_mean(get_close_matches(given, _allowed(path, model), 1, 0.5))
    return f"{key}: {said}, not {repr(given)[:40]}{near}" if key else said


def _nearest(path, model):
    *parents, name = path[:2]
    if not parents:
        return _elsewhere(name, model) or _did_you_mean(get_close_matches(name, model.model_fields, 1, 0.5))
    names = _part(model, parents[0]).model_fields
    near = [f"{parents[0]}.{each}" for each in get_close_matches(name, names, 1, 0.5)]
    return _did_you_mean(near) or _elsewhere(name, model) or f"; it has {', '.join(names)}"


def _elsewhere(name, model):
    """The right name in the wrong section."""
    parts = [(part, _part(model, part)) for part in model.model_fields]
    return _did_you_mean([f"{part}.{name}" for part, kind in parts if kind and name in kind.model_fields][:1])


def _part(model, name):
    field = model.model_fields.get(name)
    kinds = () if field is None else (field.annotation, *getattr(field.annotation, "__args__", ()))
    return next((kind for kind in kinds if hasattr(kind, "model_fields")), None)


def _allowed(path, model):
    part = _part(model, path[0])
    return getattr(part.model_fields[path[1]].annotation, "__args__", ()) if part and len(path) > 1 else ()


def _did_you_mean(names):
    return f"; did you mean {names[0]}?" if names else ""
