"""Each half is scored by the threshold of the other, found again on the pixels themselves."""

import numpy as np

from raremask.balance import PixelCounts
from raremask.evaluation import BINS, Confusion, ProbabilityHistogram, best_threshold, iou
from raremask.evaluation.aims import score_of
from raremask.evaluation.crossfit import cross_fitted, halves


def images(count, seed=0):
    rng = np.random.default_rng(seed)
    drawn = {}
    for number in range(count):
        truth = (rng.random((20, 20)) < 0.2).astype(np.uint8)
        probability = np.clip(rng.normal(0.1 * number + 0.3 * truth, 0.15), 0, 1)
        drawn[f"image{number}"] = (probability, truth)
    return drawn


def pooled_iou(drawn, stems, threshold):
    return iou(sum((Confusion.of(drawn[stem][0] >= threshold, drawn[stem][1]) for stem in stems), Confusion()))


def test_each_half_is_counted_at_the_best_threshold_of_the_other():
    drawn = images(4)
    parts = [["image0", "image1"], ["image2", "image3"]]
    histograms = {stem: ProbabilityHistogram.of(*image) for stem, image in drawn.items()}
    counted, thresholds = cross_fitted(histograms, parts)
    for part, other, threshold in zip(parts, parts[::-1], thresholds, strict=True):
        tried = [pooled_iou(drawn, other, level / BINS) for level in range(1, BINS)]
        assert pooled_iou(drawn, other, threshold) == max(tried)
        for stem in part:
            assert counted[stem] == Confusion.of(drawn[stem][0] >= threshold, drawn[stem][1])
    assert thresholds[0] > thresholds[1]


def test_the_thresholds_serve_the_score_that_is_asked_for():
    histograms = {stem: ProbabilityHistogram.of(*image) for stem, image in images(4).items()}
    parts = [["image0", "image1"], ["image2", "image3"]]
    _, thresholds = cross_fitted(histograms, parts, score_of("f4"))
    pooled = [sum((histograms[stem] for stem in part), ProbabilityHistogram()) for part in parts[::-1]]
    assert thresholds == tuple(best_threshold(part, score_of("f4")) for part in pooled)
    # Recall counts more, so the masks are larger.
    assert all(low < high for low, high in zip(thresholds, cross_fitted(histograms, parts)[1], strict=True))


def test_it_flatters_less_than_a_threshold_chosen_on_the_same_images():
    histograms = {stem: ProbabilityHistogram.of(*image) for stem, image in images(6).items()}
    counted, _ = cross_fitted(histograms, halves(histograms))
    whole = sum(histograms.values(), ProbabilityHistogram())
    assert iou(sum(counted.values(), Confusion())) < iou(whole.confusion(best_threshold(whole)))


def test_a_half_without_foreground_leaves_the_other_at_one_half():
    full = ProbabilityHistogram.of([[0.2, 0.3]], [[0, 1]])
    bare = ProbabilityHistogram.of([[0.4, 0.3]], [[0, 0]])
    _, thresholds = cross_fitted({"full": full, "bare": bare}, [["full"], ["bare"]])
    assert thresholds == (0.5, best_threshold(full))


def test_halves_are_alike_whole_groups_and_the_same_each_time():
    stems = [f"{group}{number}" for group in "abcd" for number in range(3)]
    groups = {stem: stem[0] for stem in stems}
    counts = {stem: PixelCounts(10 if stem[0] in "ab" else 400, 1000) for stem in stems}
    for seed in range(8):
        parts = halves(stems, seed, groups, counts)
        assert sorted(parts[0] + parts[1]) == stems
        sides = [{groups[stem] for stem in part} for part in parts]
        assert not sides[0] & sides[1]
        assert all(side & {"c", "d"} and side & {"a", "b"} for side in sides)
        assert halves(stems[::-1], seed, groups, counts) == parts


def test_one_group_leaves_a_half_empty():
    assert sorted(map(len, halves(["a1", "a2"], groups={"a1": "a", "a2": "a"}))) == [0, 2]
