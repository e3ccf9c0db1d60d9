"""The networks are as large as their papers say, and small ones of the same kind run and learn."""

import pytest
import torch

from deid.algorithms.networks.chrom import Chrom
from deid.algorithms.networks.counting import n_parameters
from deid.algorithms.networks.facemotion_generator import Generator, GeneratorConfig
from deid.algorithms.networks.faceswap_autoencoder import FaceswapAutoencoder, FaceswapConfig
from deid.algorithms.networks.frozen import LANDMARKS, IdentityModule, LandmarkModule
from deid.algorithms.networks.patch_discriminator import DiscriminatorConfig, PatchDiscriminator, TwoScales
from deid.algorithms.networks.physformer import PhysFormer, PhysFormerConfig
from deid.algorithms.networks.physnet import PhysNet, PhysNetConfig
from deid.algorithms.networks.rppg_autoencoder import RppgAutoencoder, RppgConfig


@pytest.mark.parametrize(
    ("network", "count"),
    [
        (Generator, 55_051_779),  # FMP 2024, by the layers of SimSwap
        (PatchDiscriminator, 6_962_369),
        (TwoScales, 2 * 6_962_369),
        (FaceswapAutoencoder, 82_062_470),  # Faceswap's "original" at 64 pixels
        (lambda: FaceswapAutoencoder().encoder, 69_662_976),
        (lambda: FaceswapAutoencoder().decoders["b"], 6_199_747),
        (RppgAutoencoder, 226_563),  # Savic & Zhao 2023
        (PhysNet, 768_577),
    ],
)
def test_the_published_network_has_the_published_number_of_parameters(network, count):
    assert n_parameters(network) == count


def grown(network, *given):
    """The output, after its sum was led back to every weight."""
    torch.manual_seed(0)
    made = network(*given)
    made.square().sum().backward()
    without = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert without == []
    return made


def test_a_generator_gives_levels_for_a_picture_and_an_identity_and_all_of_it_learns():
    picture, identity = torch.rand(2, 3, 32, 24), torch.nn.functional.normalize(torch.rand(2, 512), dim=1)
    made = grown(Generator(GeneratorConfig(width=4, blocks=2)), picture, identity)
    assert made.shape == picture.shape
    assert 0 <= made.min() < made.max() <= 1


def test_another_identity_gives_another_face():
    network = Generator(GeneratorConfig(width=4, blocks=1)).eval()
    picture = torch.rand(1, 3, 32, 32)
    one, two = (network(picture, torch.nn.functional.one_hot(torch.tensor([n]), 512).float()) for n in (3, 4))
    assert (one - two).abs().max() > 1e-4


def test_the_discriminators_judge_patches_at_full_and_at_half_resolution():
    torch.manual_seed(0)
    network = TwoScales(DiscriminatorConfig(width=4))
    full, half = network(torch.rand(2, 3, 224, 224))
    assert [tuple(each.shape[1:]) for each in full] == [
        (4, 112, 112), (8, 56, 56), (16, 28, 28), (32, 14, 14), (32, 13, 13), (1, 12, 12),
    ]  # fmt: skip
    assert tuple(half[-1].shape) == (2, 1, 5, 5)
    sum(scale[-1].square().sum() for scale in (full, half)).backward()
    assert all(each.grad is not None and each.grad.any() for each in network.parameters() if each.ndim > 1)


def test_two_decoders_share_an_encoder():
    network = FaceswapAutoencoder(FaceswapConfig(width=4, dense=8))
    picture = torch.rand(2, 3, 64, 64)
    made = network(picture, "b")
    assert made.shape == picture.shape
    assert 0 < made.min() < made.max() < 1
    made.sum().backward()
    assert all(each.grad is not None for each in network.encoder.parameters())
    assert all(each.grad is not None for each in network.decoders["b"].parameters())
    assert all(each.grad is None for each in network.decoders["a"].parameters())


def test_the_pulse_preserving_autoencoder_keeps_the_clips_shape_and_has_five_convolutions():
    network = RppgAutoencoder(RppgConfig(width=4))
    assert sum(isinstance(each, torch.nn.Conv3d) for each in network.modules()) == 5
    assert grown(network, torch.rand(1, 3, 6, 16, 12)).shape == (1, 3, 6, 16, 12)


def test_a_clip_without_change_comes_back_without_change_in_time():
    """Replicate padding: the first and the last frame are like those in the middle."""
    network = RppgAutoencoder(RppgConfig(width=4)).eval()
    made = network(torch.rand(1, 3, 1, 16, 16).expand(-1, -1, 8, -1, -1))
    assert (made - made[:, :, :1]).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("network", "side"),
    [(PhysNet(PhysNetConfig(width=2)), 16), (PhysFormer(PhysFormerConfig(dim=8, ff=12, heads=2, layers=2)), 32)],
)
def test_pulse_networks_give_one_number_a_frame_and_lead_it_back_to_the_pixels(network, side):
    clip = torch.rand(2, 3, 8, side, side, requires_grad=True)
    pulse = network(clip)
    assert pulse.shape == (2, 8)
    pulse.square().sum().backward()
    assert clip.grad is not None
    assert (clip.grad.abs().sum((0, 1, 3, 4)) > 0).all()


def test_a_temporal_difference_of_a_still_clip_is_the_frame_itself_less_theta():
    """Yu et al. 2022: the difference of a still clip leaves only the share (1 - theta) of frames before and after."""
    from deid.algorithms.networks.physformer import TemporalDifference

    layer = TemporalDifference(1, theta=1.0)
    torch.nn.init.zeros_(layer.conv.weight)
    with torch.no_grad():
        layer.conv.weight[0, 0, ::2, 1, 1] = 1.0  # looks at the frame before and the frame after
    still = torch.rand(1, 1, 1, 4, 4).expand(-1, -1, 5, -1, -1)
    assert layer(still)[:, :, 1:-1].abs().max() < 1e-6


def test_frozen_judges_pass_gradients_on_and_stay_as_they_are():
    inner = torch.nn.Sequential(torch.nn.BatchNorm2d(3), torch.nn.Flatten(), torch.nn.Linear(3 * 112 * 112, 512))
    module = IdentityModule(inner).train()
    picture = torch.rand(2, 3, 20, 20, requires_grad=True)
    who = module(picture)
    assert who.shape == (2, 512)
    assert who.norm(dim=1).tolist() == pytest.approx([1, 1])
    who[:, 0].sum().backward()
    assert picture.grad is not None
    assert picture.grad.any()
    assert inner[0].running_mean.tolist() == [0, 0, 0]  # a training pass would have moved it
    assert all(each.grad is None for each in module.parameters())


def test_the_landmark_module_gives_brows_eyes_and_inner_mouth():
    class Numbered(torch.nn.Module):
        def forward(self, picture):
            return torch.arange(68.0)[None, :, None].expand(len(picture), 68, 2)

    points = LandmarkModule(Numbered())(torch.rand(1, 3, 8, 8))
    assert len(LANDMARKS) == 30
    assert points[0, :, 0].tolist() == [*range(17, 27), *range(36, 48), *range(60, 68)]


def test_chrom_finds_a_pulse_that_colours_the_skin_and_leads_it_back_to_the_pixels():
    """72 beats a minute in green, a little in the others, under a slow change of light."""
    t = torch.arange(300) / 30
    beat = 0.01 * torch.sin(2 * torch.pi * 1.2 * t)
    light = 1 + 0.05 * torch.sin(2 * torch.pi * 0.2 * t)
    colours = torch.stack([light * (0.6 + 0.3 * beat), light * (0.4 + beat), light * (0.3 + 0.5 * beat)])
    clip = colours[None, :, :, None, None].repeat(1, 1, 1, 2, 2).requires_grad_()
    pulse = Chrom()(clip)
    power = torch.fft.rfft(pulse[0].detach()).abs()
    assert torch.fft.rfftfreq(300, 1 / 30)[power.argmax()] == pytest.approx(1.2, abs=0.11)
    pulse.square().sum().backward()
    assert (clip.grad.abs().sum((0, 1, 3, 4)) > 0).all()


def test_chrom_of_a_clip_that_is_too_short_says_how_long_it_must_be():
    with pytest.raises(ValueError, match=r"CHROM needs 1.6 s \(48 frames at 30 fps\), got 40"):
        Chrom()(torch.rand(1, 3, 40, 2, 2))
