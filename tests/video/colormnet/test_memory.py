"""The memory against a slow one made of a list and loops; when it consolidates; that it stays bounded."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.video import FeatureMemory

C, K, D = 3, 2, 2  # channels of a key; objects and channels of a value


class SlowMemory:
    """The same, as one would tell it: a list of positions, and a loop over it for every query."""

    def __init__(self, *, work_frames, consolidate, prototypes, long_term, count, top_k, plain):
        self.work_frames, self.consolidate, self.prototypes = work_frames, consolidate, prototypes
        self.long_term, self.count, self.top_k, self.plain = long_term, count, top_k, plain
        self.long, self.frames = [], []

    def weights(self, held, query, selection):
        scores = []
        for one in held:
            worth = 1 if self.plain else selection
            distance = float((worth * (one["key"] - query) ** 2).sum())
            scores.append(-distance if self.plain else -one["shrinkage"] * distance / math.sqrt(len(query)))
        return np.array(scores)

    @staticmethod
    def softmax(scores, number):
        chosen = np.argsort(-scores)[:number]
        weights = np.zeros(len(scores))
        weights[chosen] = np.exp(scores[chosen] - scores.max())
        return weights / weights.sum()

    def add(self, key, value, shrinkage, selection):
        positions = [(i, j) for i in range(key.shape[1]) for j in range(key.shape[2])]
        self.frames.append(
            [
                {
                    "key": key[:, i, j].numpy().astype(float),
                    "value": value[:, :, i, j].numpy().astype(float),
                    "shrinkage": float(shrinkage[0, i, j]),
                    "selection": selection[:, i, j].numpy().astype(float),
                    "use": 0.0,
                    "life": 1e-7,
                }
                for i, j in positions
            ]
        )
        counted = len(self.frames) - (self.count == "lecture")
        if counted >= self.work_frames:
            self.compress()

    def compress(self):
        old = [one for frame in self.frames[1 : 1 + self.consolidate] for one in frame]
        ranked = sorted(range(len(old)), key=lambda i: (old[i]["use"] / old[i]["life"], i), reverse=True)
        made = []
        for i in sorted(ranked[: self.prototypes]):
            weights = self.softmax(self.weights(old, old[i]["key"], old[i]["selection"]), len(old))
            value = sum(w * one["value"] for w, one in zip(weights, old, strict=True))
            shrinkage = sum(w * one["shrinkage"] for w, one in zip(weights, old, strict=True))
            made.append({**old[i], "value": value, "shrinkage": shrinkage, "use": 0.0, "life": 1e-7})
        while len(self.long) + len(made) > self.long_term:
            usage = [one["use"] / one["life"] for one in self.long]
            del self.long[usage.index(min(usage))]
        self.long += made
        del self.frames[1 : 1 + self.consolidate]

    def read(self, key, selection):
        held = self.long + [one for frame in self.frames for one in frame]
        answer = np.zeros((K, D, *key.shape[1:]))
        attention = np.zeros(len(held))
        for i in range(key.shape[1]):
            for j in range(key.shape[2]):
                scores = self.weights(held, key[:, i, j].numpy().astype(float), selection[:, i, j].numpy())
                weights = self.softmax(scores, self.top_k or len(held))
                answer[:, :, i, j] = sum(w * one["value"] for w, one in zip(weights, held, strict=True))
                attention += weights
        for one, got in zip(held, attention, strict=True):
            one["use"] += got
            one["life"] += 1
        return answer


def frame_maker(seed, h=2, w=3):
    g = torch.Generator().manual_seed(seed)

    def make():
        return (
            torch.randn(C, h, w, generator=g),
            torch.randn(K, D, h, w, generator=g),
            torch.rand(1, h, w, generator=g) + 1,
            torch.rand(C, h, w, generator=g),
        )

    return make


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    consolidate=st.integers(1, 3),
    spare=st.integers(1, 2),
    prototypes=st.integers(1, 8),
    room=st.integers(0, 6),
    count=st.sampled_from(["released", "lecture"]),
    top_k=st.sampled_from([None, 1, 4]),
    plain=st.booleans(),
)
def test_it_answers_as_the_slow_one(seed, sizes, consolidate, spare, prototypes, room, count, top_k, plain):
    shared = {
        "work_frames": consolidate + spare,
        "consolidate": consolidate,
        "prototypes": prototypes,
        "long_term": prototypes + room,
        "count": count,
    }
    top_k = None if plain else top_k
    memory = FeatureMemory(**shared, top_k=top_k, reading="plain" if plain else "released")
    slow = SlowMemory(**shared, top_k=top_k, plain=plain)
    make = frame_maker(seed, *sizes)
    for frame in range(14):
        key, value, shrinkage, selection = make()
        memory.add(key, value, *(() if plain else (shrinkage, selection)), reference=frame == 0)
        slow.add(key, value, shrinkage, selection)
        key, _, _, selection = make()
        answer = memory.read(key, None if plain else selection)
        np.testing.assert_allclose(answer, slow.read(key, selection), rtol=1e-4, atol=1e-5)
        assert memory.elements == len(slow.long) + sum(len(held) for held in slow.frames)
    usage = [[one["use"] / one["life"] for one in held] for held in slow.frames]
    np.testing.assert_allclose(memory.usage.flatten(1), usage, rtol=1e-4, atol=1e-5)


def falls(memory, frames, make):
    """The frames at which it consolidates when each due frame is added."""
    first = 1 if memory.count == "lecture" else 0  # the reference's number
    memory.add(*make(), reference=True, frame=first)
    seen = []
    for frame in range(first + 1, frames):
        if memory.due(frame):
            before = memory.prototypes_held
            memory.add(*make(), frame=frame)
            if memory.prototypes_held > before:
                seen.append(frame)
    return seen


def test_when_consolidation_falls():
    """Nine frames beside the reference fill a memory of ten at 9 x 5 = 45; ten do, counted from 1, at 1 + 10 x 5 = 51."""
    make = frame_maker(0)
    assert falls(FeatureMemory(), 150, make) == [45, 70, 95, 120, 145]
    assert falls(FeatureMemory(count="lecture"), 150, make) == [51, 76, 101, 126]
    assert falls(FeatureMemory(every=3, work_frames=6, consolidate=2), 40, make) == [15, 21, 27, 33, 39]


def test_which_frames_stay():
    make = frame_maker(0)
    for frames, kept in [(45, (0, 5, 10, 15, 20, 25, 30, 35, 40)), (46, (0, 30, 35, 40, 45))]:
        memory = FeatureMemory()
        falls(memory, frames, make)
        assert memory.frames == kept
    for policy, kept in [("all", tuple(range(46))), ("every", tuple(range(0, 46, 5))), ("last", (0, 45))]:
        memory = FeatureMemory(policy=policy)
        falls(memory, 46, make)
        assert memory.frames == kept and memory.elements == 6 * len(kept) and memory.prototypes_held == 0
    assert [frame for frame in range(12) if FeatureMemory().due(frame)] == [5, 10]
    assert [frame for frame in range(12) if FeatureMemory(count="lecture").due(frame)] == [6, 11]


def test_the_long_term_memory_fills_at_frame_1995():
    """128 prototypes at 45, 70 ...: 78 times are 9,984, and the 79th, at 45 + 78 x 25, no longer fits whole."""
    make, memory, held = frame_maker(0, 5, 6), FeatureMemory(), {}
    memory.add(*make(), reference=True)
    for frame in range(1, 2050):
        if memory.due(frame):
            memory.add(*make())
            held[frame] = memory.prototypes_held
    assert held[1990] == 9984 and held[1995] == held[2045] == 10_000


@pytest.mark.parametrize("count", ["released", "lecture"])
def test_it_stays_bounded_for_a_thousand_frames(count):
    h, w = 4, 5
    make = frame_maker(1, h, w)
    memory = FeatureMemory(prototypes=16, long_term=100, count=count)
    memory.add(*make(), reference=True)
    bytes_held = []
    for frame in range(2, 1002):
        memory.read(make()[0], make()[3])
        if memory.due(frame):
            memory.add(*make(), frame=frame)
        assert memory.elements <= 10 * h * w + 100
        bytes_held.append(memory.nbytes)
    assert max(bytes_held[500:]) == max(bytes_held[250:500])  # flat
    assert memory.prototypes_held == 100
    everything = FeatureMemory(policy="every")
    falls(everything, 1001, make)
    assert everything.elements == 201 * h * w > 10 * memory.elements


@pytest.mark.parametrize("policy", ["mfp", "all", "every", "last"])
def test_the_reference_is_always_there(policy):
    """Asked with the reference's own keys, every memory answers with its values, hundreds of frames later."""
    make = frame_maker(2)
    memory = FeatureMemory(policy=policy, top_k=1, prototypes=4)
    key, value, shrinkage, selection = make()
    memory.add(key, value, shrinkage, selection, reference=True)
    for frame in range(1, 300):
        if memory.due(frame):
            memory.add(*make(), frame=frame)
    assert memory.frames[0] == 0
    torch.testing.assert_close(memory.read(key, torch.ones_like(selection)), value)


def test_prototypes_have_the_keys_of_the_most_read_and_values_read_anew():
    """Four places read often: their keys stay. Each lies between two others, so its value becomes their average too."""
    memory = FeatureMemory(every=1, work_frames=3, consolidate=1, prototypes=2, reading="plain")
    far = torch.tensor([[[100.0, 200.0, 300.0, 400.0]]])
    memory.add(far, torch.zeros(1, 1, 1, 4), reference=True)
    key = torch.tensor([[[0.0, 0.5, 10.0, 20.0]]])
    memory.add(key, torch.tensor([[[[1.0, 3.0, 5.0, 7.0]]]]))
    for _ in range(3):
        memory.read(torch.tensor([[[0.0, 10.0]]]))
    usage = memory.usage[1, 0]
    assert usage[2] > usage[0] > usage[1] > usage[3]  # 0.5 takes some of what is asked at 0
    memory.add(far, torch.zeros(1, 1, 1, 4))
    assert memory.prototype_places.tolist() == [[1, 0, 0], [1, 0, 2]]
    near = math.exp(-0.25)
    expected = (1 + 3 * near) / (1 + near)  # no copy, which would be 1
    torch.testing.assert_close(
        memory.read(torch.tensor([[[-5.0, 10.0]]])).flatten(),
        torch.tensor([expected, 5.0]),
        rtol=1e-5,
        atol=0,
    )


def test_usage_is_a_rate():
    """Attention adds up over reads and is divided by them: an old position doesn't win by its age."""
    memory = FeatureMemory(reading="plain", every=1)
    key, value = torch.tensor([[[0.0, 50.0]]]), torch.zeros(1, 1, 1, 2)
    memory.add(key, value, reference=True)
    for _ in range(7):
        memory.read(torch.tensor([[[0.0, 0.0, 50.0]]]))
    torch.testing.assert_close(memory.usage.flatten(), torch.tensor([2.0, 1.0]))
    memory.add(key + 100, value)
    assert memory.usage[1].tolist() == [[0.0, 0.0]]  # unread: 0, not NaN
    memory.read(torch.tensor([[[100.0, 100.0]]]))
    torch.testing.assert_close(memory.usage.flatten(), torch.tensor([14 / 8, 7 / 8, 2.0, 0.0]))


@pytest.mark.parametrize("long_usage", [True, False])
def test_what_a_full_long_term_memory_drops(long_usage):
    """The prototype nobody asks for goes, or, where that isn't counted, the oldest."""
    memory = FeatureMemory(
        every=1, work_frames=2, consolidate=1, prototypes=1, long_term=2, top_k=1, long_usage=long_usage
    )
    for frame in range(4):
        memory.add(torch.full((1, 1, 1), 10.0 * frame), torch.zeros(1, 1, 1, 1), reference=frame == 0)
        if frame == 2:  # prototypes of frames 1 and 2 are there; the first is asked for
            memory.read(torch.full((1, 1, 1), 10.0))
    assert memory.prototype_places[:, 0].tolist() == ([1, 3] if long_usage else [2, 3])


def test_order_does_not_matter_until_something_is_consolidated():
    make = frame_maker(3)
    frames, (query, _, _, selection) = [make() for _ in range(6)], make()
    answers = []
    for order in ([0, 1, 2, 3, 4, 5], [0, 5, 3, 1, 4, 2]):
        memory = FeatureMemory()
        for i, frame in enumerate(order):
            memory.add(*frames[frame], reference=i == 0)
        answers.append(memory.read(query, selection))
    torch.testing.assert_close(*answers)


def test_frames_stream():
    """What comes later changes no answer given before, nor do the caller's tensors afterwards."""
    make = frame_maker(4)
    clip = [make() for _ in range(60)]

    def answers(length):
        memory = FeatureMemory(prototypes=4)
        given = []
        for frame, (key, value, shrinkage, selection) in enumerate(clip[:length]):
            if frame:
                given.append(memory.read(key, selection))
            if frame == 0 or memory.due(frame):
                parts = [key.clone(), value.clone(), shrinkage.clone(), selection.clone()]
                memory.add(*parts, reference=frame == 0)
                for part in parts:
                    part.fill_(-1000)
        return torch.stack(given)

    torch.testing.assert_close(answers(60)[:49], answers(50))


def test_queries_may_have_another_size_and_less_precision():
    make = frame_maker(5)
    memory = FeatureMemory()
    memory.add(*(part.half() for part in make()), reference=True)
    answer = memory.read(torch.zeros(C, 4, 7).half())
    assert answer.shape == (K, D, 4, 7) and answer.dtype == torch.float16


def filled(**options):
    memory = FeatureMemory(**options)
    plain = memory.reading == "plain"
    memory.add(*frame_maker(0)()[: 2 if plain else 4], reference=True)
    return memory


KEY, VALUE, SHRINKAGE, SELECTION = frame_maker(0)()
NAN = KEY.clone()
NAN[0, 0, 0] = math.nan


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: FeatureMemory(every=0), "every"),
        (lambda: FeatureMemory(top_k=0), "top_k"),
        (lambda: FeatureMemory(count="paper"), "count .* 'paper'"),
        (lambda: FeatureMemory(reading="cosine"), "reading"),
        (lambda: FeatureMemory(policy="some"), "policy"),
        (lambda: FeatureMemory(work_frames=5, consolidate=5), "consolidate must be at most the 4 frames"),
        (lambda: FeatureMemory(prototypes=20, long_term=10), "long_term"),
        (lambda: FeatureMemory().read(KEY), "empty"),
        (lambda: FeatureMemory().usage, "empty"),
        (lambda: FeatureMemory().add(KEY, VALUE), "reference .* False after 0"),
        (lambda: filled().add(KEY, VALUE, SHRINKAGE, SELECTION, reference=True), "reference .* True after 1"),
        (lambda: FeatureMemory().add(KEY[0], VALUE, reference=True), r"key must be \(C, h, w\)"),
        (lambda: FeatureMemory().add(KEY, VALUE[0], reference=True), "value"),
        (lambda: FeatureMemory().add(KEY, VALUE[..., :2], reference=True), "value"),
        (lambda: FeatureMemory().add(KEY, VALUE, SELECTION, reference=True), "shrinkage"),
        (lambda: FeatureMemory().add(KEY, VALUE, None, SHRINKAGE, reference=True), "selection"),
        (lambda: filled().add(KEY[..., :2], VALUE, SHRINKAGE, SELECTION), "key"),
        (lambda: filled().add(KEY, VALUE[:1], SHRINKAGE, SELECTION), "value"),
        (lambda: filled().add(KEY, VALUE), "shrinkage must be .* got None"),
        (lambda: filled(reading="plain").add(KEY, VALUE, SHRINKAGE), "plain"),
        (lambda: filled().add(NAN, VALUE, SHRINKAGE, SELECTION), "key must be finite"),
        (lambda: filled().read(NAN), "query_key must be finite"),
        (lambda: filled().read(KEY, NAN), "selection must be finite"),
        (lambda: filled().read(KEY[:2]), r"query_key must be \(3, h, w\)"),
        (lambda: filled().read(KEY, SELECTION[:1]), "selection"),
        (lambda: filled(reading="plain").read(KEY, SELECTION), "plain"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_a_refused_frame_leaves_the_memory_as_it_was():
    memory = filled()
    before = memory.elements, memory.frames, memory.nbytes
    with pytest.raises(ValueError, match="finite"):
        memory.add(NAN, VALUE, SHRINKAGE, SELECTION)
    assert (memory.elements, memory.frames, memory.nbytes) == before
