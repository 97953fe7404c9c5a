"""Every way that a random draw can go, with its chance: what statistics only make likely, exactly."""

from fractions import Fraction

__all__ = ["every_way"]


def every_way(draw, share=Fraction(1, 2)):
    """Yield (chance, result) for each way that ``draw(rng)`` can go.

    Args:
        draw: function of a generator of which it uses ``integers``, ``choice`` with ``p`` and ``random``.
        share: the chance that ``random`` is below the number that it is compared with.
    """
    path = []
    while True:
        rng = _Branches(path, Fraction(share))
        result = draw(rng)
        yield rng.chance, result
        while path and path[-1][0] + 1 == path[-1][1]:
            path.pop()
        if not path:
            return
        path[-1][0] += 1


class _Branches:
    def __init__(self, path, share):
        self.path, self.share = path, share
        self.taken, self.chance = 0, Fraction(1)

    def integers(self, low, high=None):
        low, high = (0, low) if high is None else (low, high)
        return int(low) + self._take([Fraction(1, int(high - low))] * int(high - low))

    def choice(self, count, p):
        assert count == len(p)
        return self._take([Fraction(chance).limit_denominator(10_000) for chance in p])

    def random(self):
        return (0.0, 1 - 2**-53)[self._take([self.share, 1 - self.share])]

    def _take(self, chances):
        if self.taken == len(self.path):
            self.path.append([0, len(chances)])
        way = self.path[self.taken][0]
        self.taken += 1
        self.chance *= chances[way]
        return way
