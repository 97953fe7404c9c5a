"""Where trees stand: woods, hedges, rows beside the road that lean over it, and single ones."""

import numpy as np

from raremask.data.scenes.curves import normals, resample

__all__ = ["plant_trees"]


def plant_trees(rng, size, land, roads, plan):
    """Return trees, float (n, 3) rows of x, y and the crown's radius; few stand on what ``plan`` marks."""
    groups = [_woods(rng, size, land.woods), _hedges(rng, land.borders), _singles(rng, size)]
    trees = _off_marked(rng, np.vstack(groups), plan)
    return np.vstack([trees, *(_rows(rng, road, plan) for road in roads)])


def _woods(rng, size, density):
    """Plant a jittered lattice wherever the noise is high."""
    height, width = size
    pitch = rng.uniform(5.5, 9.0)
    sparse = rng.uniform(0.9, 2.0) if rng.random() < 0.8 else rng.uniform(0.0, 0.6)
    rows, columns = np.meshgrid(np.arange(-4, height + 4, pitch), np.arange(-4, width + 4, pitch), indexing="ij")
    x, y = (columns + rng.normal(0, pitch / 3.2, columns.shape)).ravel(), rows.ravel()
    y = y + rng.normal(0, pitch / 3.2, y.shape)
    row, column = np.clip(y, 0, height - 1).astype(int), np.clip(x, 0, width - 1).astype(int)
    keep = density[row, column] + rng.normal(0, 0.2, x.shape) > sparse
    radius = pitch * rng.uniform(0.4, 0.85, x.shape)
    return np.column_stack([x, y, radius])[keep]


def _hedges(rng, borders):
    trees = [np.empty((0, 3))]
    for border in borders:
        kind = rng.random()
        if kind < 0.4:
            continue
        size = rng.uniform(1.3, 2.4) if kind < 0.75 else rng.uniform(2.2, 4.5)
        line = resample(border, size * rng.uniform(0.9, 2.2))
        line = line[rng.random(len(line)) < rng.uniform(0.35, 0.95)]
        line = line + rng.normal(0, size * 0.35, line.shape)
        trees.append(np.column_stack([line, size * rng.uniform(0.7, 1.3, len(line))]))
    return np.vstack(trees)


def _singles(rng, size):
    count = rng.poisson(rng.choice([8, 25, 60]) * size[0] * size[1] / 384**2)
    place = rng.uniform((0, 0), (size[1], size[0]), (count, 2))
    return np.column_stack([place, rng.uniform(1.6, 5.0, count)])


def _off_marked(rng, trees, plan):
    marked = np.asarray(plan)
    x = np.clip(trees[:, 0], 0, plan.width - 1).astype(int)
    y = np.clip(trees[:, 1], 0, plan.height - 1).astype(int)
    return trees[(marked[y, x] == 0) | (rng.random(len(trees)) < 0.02)]


def _rows(rng, road, plan):
    """Plant rows at the kerb, in stretches, with crowns that cover part of the road."""
    across = normals(road.points)
    marked = np.asarray(plan)
    trees = []
    for side in (-1, 1):
        if rng.random() < 0.4:
            continue
        pitch, usual = rng.uniform(6, 20), rng.uniform(2.2, 4.6)
        first, last = sorted(rng.integers(0, len(road.points), 2))
        for at in np.arange(first, last, pitch / 4):
            if rng.random() < 0.2:
                continue
            radius = usual * rng.uniform(0.75, 1.25)
            out = road.width / 2 + radius * rng.uniform(0.0, 0.9)
            x, y = road.points[int(at)] + across[int(at)] * side * out
            inside = 0 <= int(y) < marked.shape[0] and 0 <= int(x) < marked.shape[1]
            if not inside or marked[int(y), int(x)] != 2:
                trees.append((x, y, radius))
    return np.array(trees).reshape(-1, 3)
