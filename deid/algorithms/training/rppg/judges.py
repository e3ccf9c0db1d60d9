"""The recognisers and predictors that were trained here, out of the model store or files."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn

from deid.algorithms.networks import physformer, physnet, recognisers
from deid.algorithms.networks.chrom import Chrom
from deid.algorithms.networks.frozen import Frozen
from deid.algorithms.networks.loading import fill
from deid.algorithms.networks.recognisers import ARCHITECTURES, Recogniser
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.judges import weights_file
from deid.algorithms.training.rppg.config import RECOGNISER, Predictor
from modelstore.errors import BadWeights
from modelstore.loading import tensors_of
from modelstore.manifest import KINDS
from modelstore.store import Store

BUILDERS = {"physnet": physnet.build, "physformer": physformer.build}


class Judge(Frozen):
    """A recogniser or a predictor as it is, with a gradient to what it looks at."""

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.network(x)
        return result


def load_recogniser(store: Store, named: str) -> Recogniser:
    """A recogniser, by a name of the store or a file. What it is called says its architecture: `recogniser_plain`.

    Raises
    ------
    BadWeights : no architecture is named, or the weights cannot be used
    """
    short = label(named)
    kinds = [each for each in ARCHITECTURES if short.startswith(RECOGNISER.format(each))]
    if not kinds:
        known = ", ".join(RECOGNISER.format(each) for each in ARCHITECTURES)
        raise BadWeights(f"{short} names no recogniser: its name starts with one of {known}.")
    tensors = tensors_of(file_of(store, named))
    network = recognisers.build(kinds[0], tensors)
    fill(network, tensors, short)
    return network.eval()


def load_recognisers(store: Store, named: Sequence[str], n_persons: int) -> dict[str, Recogniser]:
    """Recognisers by what they are called, all of the people of one set.

    Raises
    ------
    BadTrainingSet : one tells apart another number of people, or two are called the same
    BadWeights : as `load_recogniser`
    """
    found: dict[str, Recogniser] = {}
    for each in named:
        network, short = load_recogniser(store, each), label(each)
        if network.persons != n_persons:
            raise BadTrainingSet(
                f"{short} tells {network.persons} persons apart and the set has {n_persons}: train it on the same set."
            )
        if short in found:
            raise BadTrainingSet(f"two recognisers are called {short}: name each once.")
        found[short] = network
    return found


def load_predictor(store: Store, predictor: Predictor, named: str) -> nn.Module:
    """CHROM, which needs no weights, or a network by a name of the store or a file.

    Raises
    ------
    BadWeights : its weights are missing, damaged or another network's
    """
    if predictor == "chrom":
        return Chrom()
    tensors = tensors_of(file_of(store, named))
    network = BUILDERS[predictor](tensors)
    fill(network, tensors, named)
    return network.eval()


def file_of(store: Store, named: str) -> Path:
    """The file of weights, by a name of the store or its own; BadWeights where there is none."""
    return weights_file(store, named, "train them with manage.py train_rppg, and name the file")


def label(named: str) -> str:
    """What weights are called: the name in the store, or that of the file without its ending."""
    path = Path(named)
    return path.stem if path.suffix in KINDS else named
