"""The judges: an ONNX recogniser in torch, the small networks, their losses and how they are judged."""

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper

from deid.algorithms.networks import iresnet, landmarks68
from deid.algorithms.networks.arcface_loss import arcface_loss
from deid.algorithms.networks.frozen import IdentityModule
from deid.algorithms.networks.iresnet import IResNet, IResNetConfig
from deid.algorithms.networks.loading import fill
from deid.algorithms.networks.onnx_network import read_onnx
from deid.algorithms.training.augmenting import moved, relit
from deid.algorithms.training.verification import verification
from modelstore.errors import BadWeights
from tests.modelstore.making import save_graph


def recogniser(path, seed=0):
    """One stage of an IResNet as insightface exports it: convolutions with their norms folded in, the first norm of the
    block and the last two left, the picture halved twice, 512 numbers."""
    rng = np.random.default_rng(seed)
    numbers = {
        "stem_w": rng.normal(0, 0.3, (4, 3, 3, 3)), "stem_b": rng.normal(0, 0.1, 4),
        "stem_slope": np.full((4, 1, 1), 0.2),
        "one_w": rng.normal(0, 0.2, (4, 4, 3, 3)), "one_b": np.zeros(4), "one_slope": np.full((4, 1, 1), -0.1),
        "two_w": rng.normal(0, 0.2, (4, 4, 3, 3)), "two_b": np.zeros(4), "side_w": rng.normal(0, 0.5, (4, 4, 1, 1)),
        "side_b": np.zeros(4), "fc_w": rng.normal(0, 0.01, (512, 4 * 28 * 28)), "fc_b": rng.normal(0, 0.1, 512),
    }  # fmt: skip
    for name, n in (("norm1", 4), ("norm2", 4), ("norm3", 512)):
        numbers |= {f"{name}_{key}": rng.uniform(0.5, 1.5, n) for key in ("scale", "shift", "mean", "variance")}

    def norm(name, x, y):
        return helper.make_node(
            "BatchNormalization",
            [x, *(f"{name}_{k}" for k in ("scale", "shift", "mean", "variance"))],
            [y],
            epsilon=1e-5,
        )

    def conv(name, x, y, stride=1, pad=1):
        kernel = 1 + 2 * pad
        told = {
            "kernel_shape": [kernel, kernel],
            "pads": [pad] * 4,
            "strides": [stride, stride],
            "group": 1,
            "dilations": [1, 1],
        }
        return helper.make_node("Conv", [x, f"{name}_w", f"{name}_b"], [y], **told)

    nodes = [
        conv("stem", "input.1", "a", stride=2), helper.make_node("PRelu", ["a", "stem_slope"], ["b"]),
        norm("norm1", "b", "c"), conv("one", "c", "d"), helper.make_node("PRelu", ["d", "one_slope"], ["e"]),
        conv("two", "e", "f", stride=2), conv("side", "b", "g", stride=2, pad=0),
        helper.make_node("Add", ["f", "g"], ["h"]),
        norm("norm2", "h", "i"), helper.make_node("Flatten", ["i"], ["j"], axis=1),
        helper.make_node("Gemm", ["j", "fc_w", "fc_b"], ["k"], alpha=1.0, beta=1.0, transB=1),
        norm("norm3", "k", "683"),
    ]  # fmt: skip
    tables = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in numbers.items()]
    return save_graph(path, nodes, {"input.1": ("n", 3, 112, 112)}, {"683": ("n", 512)}, tables)


def test_an_onnx_recogniser_gives_in_torch_what_onnxruntime_gives(tmp_path):
    path = recogniser(tmp_path / "r.onnx")
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 112, 112)).astype(np.float32)
    (expected,) = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"input.1": x})
    with torch.inference_mode():
        found = read_onnx(path)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_gradients_pass_through_it_to_the_picture_and_it_stays(tmp_path):
    judge = IdentityModule(read_onnx(recogniser(tmp_path / "r.onnx")))
    picture = torch.rand(1, 3, 96, 96, requires_grad=True)
    judge(picture)[0, 0].backward()
    assert picture.grad is not None
    assert picture.grad.abs().sum() > 0
    assert not list(judge.parameters())


def test_an_operation_that_is_not_known_and_a_file_that_is_cut_off_are_refused(tmp_path):
    nodes = [helper.make_node("Softmax", ["x"], ["y"])]
    with pytest.raises(BadWeights, match="has the operations Softmax"):
        read_onnx(save_graph(tmp_path / "s.onnx", nodes, {"x": (1, 4)}, {"y": (1, 4)}))
    cut = recogniser(tmp_path / "r.onnx")
    cut.write_bytes(cut.read_bytes()[:-1000])
    with pytest.raises(BadWeights, match="cannot be read as an ONNX network"):
        read_onnx(cut)


def test_the_large_recogniser_has_as_many_parameters_as_r50():
    """43.59 million, as insightface's model zoo names them for its r50."""
    assert round(sum(each.numel() for each in IResNet().parameters()) / 1e6, 2) == 43.59


@pytest.mark.parametrize("config", [IResNetConfig(4, (1, 1, 1, 1), 2), IResNetConfig(4, (1, 2, 1, 1), 1)])
def test_small_networks_are_built_from_their_weights_alone(config):
    tensors = IResNet(config).state_dict()
    again = iresnet.build(tensors)
    fill(again, tensors, "identity_small")
    assert again.eval()(torch.zeros(1, 3, 112, 112)).shape == (1, 512)
    points = landmarks68.Landmarks68(landmarks68.LandmarksConfig(4)).state_dict()
    fill(landmarks68.build(points), points, "landmarks68")


def test_the_margin_is_added_to_the_right_angle_alone():
    """By hand: the embedding at 60 degrees of its centre, 30 of the other; cos(60 + 30) = 0, cos 30 = sqrt(3) / 2."""
    found = torch.tensor([[0.5, 3**0.5 / 2]])
    loss = arcface_loss(found, torch.eye(2) * 7, torch.tensor([0]), margin=float(np.radians(30)), scale=2.0)
    assert loss.item() == pytest.approx(np.log(1 + np.exp(2 * 3**0.5 / 2)), rel=1e-5)


def test_verification_by_hand():
    """Four pairs of one person, one scoring under one of four pairs of two: a quarter is wrong on both sides."""
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.5, 0.2, 0.1, 0.0])
    told = verification(scores, np.arange(8) < 4)
    assert (told["eer"], told["accuracy"], told["pairs"]) == (0.25, 0.75, 4)
    assert 0.3 < told["threshold"] <= 0.7
    assert verification(scores[[0, 1, 4, 5]], np.array([True, True, False, False]))["eer"] == 0


def test_points_move_with_their_picture():
    """A bright spot is found again where the points say it went, within a pixel."""
    torch.manual_seed(3)
    pictures = torch.zeros(6, 3, 64, 64)
    places = torch.tensor([[20.0, 30], [40, 22], [32, 32], [25, 41], [38, 38], [30, 25]])
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    for picture, (px, py) in zip(pictures, places, strict=True):
        picture[:] = torch.exp(-((x - px) ** 2 + (y - py) ** 2) / 8)
    made, points = moved(pictures, places[:, None])
    weight = made[:, 0] / made[:, 0].sum(dim=(1, 2), keepdim=True)
    found = torch.stack([(weight * x).sum(dim=(1, 2)), (weight * y).sum(dim=(1, 2))], dim=1)
    assert (found - points[:, 0]).norm(dim=1).max() < 1
    assert (points[:, 0] - places).norm(dim=1).mean() > 1
    assert relit(pictures).shape == pictures.shape
