"""What `bench --networks` tells of a network."""

import io

import pytest
from django.core.management import CommandError, call_command

from analysis.network_bench import NETWORKS, Subject, in_its_own_process, operations_of


def test_operations_are_those_of_the_layers_counted_by_hand():
    """The pulse-preserving autoencoder: frames x height x width x 27 x channels in x channels out, twice."""
    import torch

    from deid.algorithms.networks.rppg_autoencoder import build

    network = build({})
    layers = [(1, 3, 32), (2, 32, 64), (4, 64, 64), (2, 64, 32), (1, 32, 3)]  # side is divided by; channels
    by_hand = sum(2 * 2 * (16 // by) ** 2 * 27 * taken * given for by, taken, given in layers)
    assert operations_of(lambda: network(torch.rand(1, 3, 2, 16, 16))) == by_hand


def test_a_network_at_its_published_size_is_measured_in_a_process_of_its_own():
    one = in_its_own_process(Subject("faceswap", batch=2))
    assert one.run > 0
    assert one.fps == pytest.approx(1000 / (one.cut + one.run + one.paste))
    assert one.peak_mib > 4 * 82_062_470 / 2**20  # its parameters alone
    assert one.share is not None
    assert one.share > 0


def test_a_table_has_a_line_for_each_batch_and_says_which_weights_are_missing(tmp_path, settings):
    settings.MODEL_STORE = tmp_path
    said = io.StringIO()
    call_command("bench", "--networks", "physnet", "det_10g", stdout=said)
    lines = said.getvalue().splitlines()
    assert [int(line.split()[3]) for line in lines if line.startswith("physnet")] == list(NETWORKS["physnet"].cpu)
    assert any(line.startswith("det_10g: not measured:") and line.endswith("models fetch det_10g.") for line in lines)
    assert "cores with a load of" in lines[-1]


def test_an_unknown_network_is_refused_with_those_that_there_are():
    with pytest.raises(CommandError, match="no network 'vgg'; use some of: facemotion, faceswap, rppg"):
        call_command("bench", "--networks", "vgg")
