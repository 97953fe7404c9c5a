"""What is wrong with a plan, in one line with the nearest right name."""

from difflib import get_close_matches

__all__ = ["in_one_line"]

# What an entry takes whose names are too many for a line.
_MANY = {"model.encoder": "must be unet or one of raremask.models.ENCODERS"}


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
        return f"there is no {key or repr(key)}{_nearest(path, model)}"
    if kind == "missing":
        return f"{key} is missing" if len(path) > 1 else f"there is no section [{key}]"
    if kind == "model_type":
        return _told_of_section(key, model)
    message = mistake["msg"].removeprefix("Value error, ")
    if kind == "value_error":
        return f"{key}: {message}" if key else message
    said = _MANY.get(key) or message.replace("Input should", "must", 1).replace("a valid tuple", "a list")
    given = mistake["input"]
    near = ""
    if kind == "literal_error" and isinstance(given, str):
        near = _did_you_mean(_near(given, _allowed(path, model)))
    return f"{key}: {said}, not {_shown(given)}{near}" if key else said


def _told_of_section(name, model):
    part = _part(model, name)
    if part is None:
        return f"it must be made of sections: {', '.join(model.model_fields)}"
    return f"{name} is a section: name an entry of it, such as {name}.{next(iter(part.model_fields))}"


def _shown(given):
    try:
        return repr(given)[:40]
    except ValueError:  # Python spells no integer of more than 4,300 digits
        return "a number of thousands of digits"


def _nearest(path, model):
    *parents, name = path[:2]
    if not parents:
        near = _elsewhere(name, model) or _did_you_mean(_near(name, model.model_fields))
        return near or f"; the sections are {', '.join(model.model_fields)}"
    names = _part(model, parents[0]).model_fields
    near = [f"{parents[0]}.{each}" for each in _near(name, names)]
    return _did_you_mean(near) or _elsewhere(name, model) or f"; it has {', '.join(names)}"


def _near(name, names):
    """The nearest of the names, whatever their case: a list of one, or of none."""
    folded = {each.casefold(): each for each in names}
    return [folded[each] for each in get_close_matches(name.casefold(), folded, 1, 0.5)]


def _elsewhere(name, model):
    """The right name in the wrong section."""
    name = name.lower()
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
