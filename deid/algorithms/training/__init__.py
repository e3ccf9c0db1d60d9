"""Training of the networks, without a database.

`loop.train` runs any trainer: seeds, time, checkpoints, the curve, sample sheets, stopping and resuming are its work,
not the trainer's. What it leaves in its folder is named in `folder.py`.

To add a trainer
----------------
1. A module with a config, a frozen dataclass whose fields are made by `config.number`, `choice`, `text`, `texts` and
   `part`; one part is `run: RunConfig = part(RunConfig)`. `config.read` makes it from a TOML or JSON file and refuses
   what is out of range. The module has no torch: pages read it too.
2. A class with what `trainer.Trainer` asks for: the modules and optimisers that a checkpoint holds, `batch(step, rng)`,
   `step(batch)` which does forward, backward and the optimisers' steps and returns the losses, `sample()` for a sheet,
   `evaluate()` on data that is held out, `weights()` for the model store.
   Whatever is drawn comes from `rng` or from torch's own generator: both are seeded anew before every step from the
   run's seed and the step's number, so that a resumed training goes on as if it had never stopped. Keep nothing from
   one step to the next outside modules and optimisers.
   Run the forward pass within `hardware.autocast()` and put tensors on `hardware.device`.
3. A function `open_session(config, store) -> Session` that reads the data, refuses what cannot be trained on
   (`BadTrainingSet`), and names the SHA-256 of what it read.
4. An entry in `registry.py`. `manage.py` and the jobs find it there.
"""
