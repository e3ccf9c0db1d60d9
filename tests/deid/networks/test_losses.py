"""Every loss on inputs so small that it can be computed by hand."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch import tensor

from deid.algorithms.networks.facemotion_losses import (
    GeneratorLosses,
    discriminator_hinge,
    generator_hinge,
    gradient_penalty,
    identity_loss,
    landmark_loss,
    picture_loss,
    weak_feature_loss,
)
from deid.algorithms.networks.faceswap_losses import reconstruction_loss as faceswap_loss
from deid.algorithms.networks.rppg_losses import (
    Weights,
    chance_loss,
    pulse_loss,
    reconstruction_loss,
    similarity,
    some_frames,
)
from deid.algorithms.networks.rppg_losses import identity_loss as unknown_loss


def verdicts(*values):
    """A scale of a discriminator: features 1, 2, 3 and a verdict."""
    return [*(tensor([[float(value)]]) for value in values)]


def test_the_identity_loss_is_1_for_a_stranger_and_0_for_the_same_face():
    one, other = tensor([[1.0, 0], [1, 0]]), tensor([[0.0, 5], [2, 0]])
    assert identity_loss(one, other) == pytest.approx(0.5)  # 1 and 0


def test_the_landmark_loss_sums_over_pairs_how_far_distances_changed():
    """A 3-4-5 triangle whose last point moves: the sides 3, 4, 5 become 3, 8, sqrt 73."""
    original, made = tensor([[[0.0, 0], [3, 0], [0, 4]]]), tensor([[[0.0, 0], [3, 0], [0, 8]]])
    assert landmark_loss(original, made) == pytest.approx(0 + 4 + (73**0.5 - 5))


def test_a_face_that_only_moved_costs_nothing():
    points = torch.rand(2, 30, 2)
    assert landmark_loss(points, points + 7) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("same", "expected"), [([True, True], 0.375), ([True, False], 0.25), ([False, False], 0.0)])
def test_the_picture_counts_only_where_original_and_source_are_one_person(same, expected):
    """Differences 0.5 and 0.25; delta is 1 or 0 for each of the two."""
    original = torch.zeros(2, 3, 2, 2)
    made = torch.stack([torch.full((3, 2, 2), 0.5), torch.full((3, 2, 2), 0.25)])
    assert picture_loss(original, made, tensor(same)) == pytest.approx(expected)


def test_weak_feature_matching_looks_at_the_last_layers_only_and_never_at_the_verdict():
    """Last two features differ by 1 and 3 at one scale, by 0 and 2 at the other: (1 + 3 + 0 + 2) / 2."""
    original = [verdicts(0, 0, 0, 9), verdicts(0, 0, 0, 9)]
    made = [verdicts(50, 1, 3, -9), verdicts(50, 0, 2, -9)]
    assert weak_feature_loss(original, made, last=2) == pytest.approx(3)


def test_weak_feature_matching_does_not_train_the_discriminator_on_the_original():
    features, made = torch.ones(1, 1, requires_grad=True), torch.zeros(1, 1, requires_grad=True)
    weak_feature_loss([[features, tensor([[0.0]])]], [[made, tensor([[0.0]])]], last=1).backward()
    assert features.grad is None
    assert made.grad.tolist() == [[-1.0]]


def test_the_hinge_stops_where_the_discriminator_is_sure():
    real, made = [[tensor([0.5, 3.0])]], [[tensor([-0.5, -3.0])]]
    assert discriminator_hinge(real, made) == pytest.approx(0.25 + 0.25)  # (0.5 + 0) / 2 on either side
    assert generator_hinge(made) == pytest.approx(1.75)


def losses(identity, landmarks, **other):
    zero = tensor(0.0)
    rest = {"adversarial": zero, "picture": zero, "features": zero} | {k: tensor(v) for k, v in other.items()}
    return GeneratorLosses(identity=identity, landmarks=landmarks, **rest)


def test_landmarks_weigh_the_more_the_nearer_the_identity_is():
    """10 L_ID + 0.2 L_lmk / k, k = 10 L_ID: 5 + 0.2 * 4 / 5, and 1 + 0.2 * 4 / 1."""
    assert losses(tensor(0.5), tensor(4.0)).total() == pytest.approx(5.16)
    assert losses(tensor(0.1), tensor(4.0)).total() == pytest.approx(1.8)


def test_no_gradient_passes_through_the_adaptive_weight():
    identity, landmarks = tensor(0.5, requires_grad=True), tensor(4.0, requires_grad=True)
    losses(identity, landmarks).total().backward()
    assert identity.grad == pytest.approx(10)  # with k's share it would be 10 - 0.32
    assert landmarks.grad == pytest.approx(0.04)


def test_an_identity_that_is_met_gives_no_infinite_weight():
    assert torch.isfinite(losses(tensor(0.0), tensor(4.0)).total())


def test_all_losses_add_up_with_the_published_weights():
    total = losses(tensor(1.0), tensor(50.0), adversarial=2.0, picture=0.3, features=0.4).total()
    assert total == pytest.approx(10 * 1 + 0.2 * 50 / 10 + 1 * 2 + 10 * 0.3 + 10 * 0.4)


def test_the_gradient_penalty_is_the_squared_distance_of_the_slope_from_1():
    """A verdict 2 x + 3 y has the slope sqrt 13 everywhere."""

    class Slope(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(tensor([2.0, 3.0]))

        def forward(self, picture):
            return [[(picture.flatten(1) * self.weight).sum(dim=1, keepdim=True)]]

    slope = Slope()
    penalty = gradient_penalty(slope, torch.rand(2, 1, 1, 2), torch.rand(2, 1, 1, 2), torch.rand(2, 1, 1, 1))
    assert penalty.item() == pytest.approx((13**0.5 - 1) ** 2, rel=1e-5)
    penalty.backward()
    expected = [2 * (13**0.5 - 1) * w / 13**0.5 for w in (2, 3)]
    assert slope.weight.grad.tolist() == pytest.approx(expected, rel=1e-4)


def test_faceswap_loses_the_mean_absolute_difference():
    assert faceswap_loss(tensor([0.0, 1.0]), tensor([0.5, 1.0])) == pytest.approx(0.25)


def test_the_known_person_costs_minus_the_cross_entropy_and_the_distance_from_ignorance():
    """Probabilities 3/4 and 1/4, person 0: ln 0.75 + 0.1 * 0.35355 / (0.79057 + 0.70711)."""
    logits = tensor([[0.75, 0.25]]).log()
    expected = np.log(0.75) + 0.1 * np.sqrt(2 * 0.25**2) / (np.sqrt(0.75**2 + 0.25**2) + np.sqrt(0.5))
    assert unknown_loss(logits, tensor([0])) == pytest.approx(expected)


def test_a_recogniser_that_knows_nothing_costs_the_log_of_the_number_of_people():
    assert unknown_loss(torch.zeros(3, 4), tensor([0, 1, 2])) == pytest.approx(-np.log(4))


def test_descending_the_loss_makes_the_true_person_less_likely():
    logits = torch.zeros(1, 3, requires_grad=True)
    unknown_loss(logits, tensor([1])).backward()
    assert logits.grad[0, 1] > 0 > logits.grad[0, 0]


def test_the_push_to_chance_counts_log_odds_above_those_of_a_guess():
    """Three people, the true one at 3/4: odds of 3 against 1/2 of a guess, ln 6. At 1/4 it is below chance: nothing."""
    known, unknown = (tensor([[p, (1 - p) / 2, (1 - p) / 2]]).log() for p in (0.75, 0.25))
    assert chance_loss(known, tensor([0]), share=0) == pytest.approx(np.log(6))
    assert chance_loss(unknown, tensor([0]), share=0) == 0
    assert chance_loss(unknown, tensor([0])) - chance_loss(unknown, tensor([0]), share=0) == pytest.approx(
        0.1 * np.sqrt(1.5) / 12 / (np.sqrt(22) / 8 + np.sqrt(1 / 3)), rel=1e-4
    )


def test_the_push_to_chance_is_as_strong_against_a_recogniser_that_is_sure():
    """Of 99.99% the published loss has a gradient of 0.0001 on the true person's logit, this one of 1."""
    logits = tensor([[10.0, 0, 0]], requires_grad=True)
    chance_loss(logits, tensor([0]), share=0).backward()
    assert logits.grad[0, 0] == pytest.approx(1)


@pytest.mark.parametrize(("factor", "expected"), [(2.0, 0.0), (-3.0, 2.0)])
def test_the_pulse_loss_is_1_minus_pearson(factor, expected):
    signal = torch.sin(torch.arange(40.0))[None]
    assert pulse_loss(signal, factor * signal + 5) == pytest.approx(expected, abs=1e-5)


def test_the_pulse_loss_agrees_with_numpy():
    one, two = torch.rand(2, 50, generator=torch.manual_seed(0)), torch.rand(2, 50)
    expected = np.mean([1 - np.corrcoef(a, b)[0, 1] for a, b in zip(one.numpy(), two.numpy(), strict=True)])
    assert pulse_loss(one, two) == pytest.approx(expected, abs=1e-5)


def test_similarity_agrees_with_scikit_image():
    rng = np.random.default_rng(0)
    one = rng.random((20, 24), dtype=np.float32)
    two = np.clip(one + rng.normal(0, 0.1, one.shape), 0, 1).astype(np.float32)
    ours = similarity(torch.from_numpy(one)[None, None], torch.from_numpy(two)[None, None])
    assert ours == pytest.approx(structural_similarity(one, two, data_range=1.0), abs=1e-4)


def test_the_reconstruction_loss_is_the_squared_difference_and_what_is_missing_of_ssim():
    clip = torch.rand(1, 3, 2, 16, 16)
    assert reconstruction_loss(clip, clip) == pytest.approx(0, abs=1e-6)
    flat, lighter = torch.full((1, 3, 2, 16, 16), 0.25), torch.full((1, 3, 2, 16, 16), 0.75)
    luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)  # of flat pictures SSIM is this alone
    assert reconstruction_loss(flat, lighter) == pytest.approx(0.25 + 1 - luminance, abs=1e-5)


def test_the_three_losses_add_up_with_the_published_weights():
    assert Weights().total(tensor(1.0), tensor(2.0), tensor(3.0)) == pytest.approx(1.5 + 0.6 + 0.3)


def test_some_frames_are_drawn_once_each_and_are_those_of_the_clip():
    clip = torch.arange(20.0)[None, None, :, None, None].expand(2, 3, 20, 1, 1)
    drawn = some_frames(clip, 8, torch.manual_seed(3))
    assert drawn.shape == (16, 3, 1, 1)
    first, second = drawn[:8, 0, 0, 0].tolist(), drawn[8:, 0, 0, 0].tolist()
    assert first == second == sorted(set(first))
