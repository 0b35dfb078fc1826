"""What the cuda backend is held against on a GPU: PyTorch, ONNX Runtime and TensorRT, as calls on the first n jets.

Each has single precision throughout, TF32 off. Where one cannot be used, `Missing` says why. "on device" is with inputs
that are in the GPU's memory already; scores come back to the host in any case.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models import jtm
from models.export import network_of, weights_of
from tests.bench.peers.install import Missing

SCORES = "scores"  # of models.onnx_writer, which is imported where it is needed: it wants the package onnx

Call = Callable[[int], Any]


@dataclass
class Given:
    """A model and its inputs in the host's memory, as many jets as the largest batch."""

    path: Path
    images: Any
    rows: Any
    batches: list[int]


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Missing(f"the package {name} cannot be imported: {error}") from error


def torch_module() -> Any:
    """PyTorch with a GPU, TF32 off."""
    torch = _module("torch")
    if not torch.cuda.is_available():
        raise Missing("PyTorch sees no GPU")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return torch


def _parts(given: Given) -> dict[str, Any]:
    """The inputs by the names that they have in ONNX: rows taken apart."""
    network = network_of(jtm.read(given.path))
    parts = {"image": given.images, **_module("models_helpers").split_rows(network, given.rows)}
    return {name: np.ascontiguousarray(values) for name, values in parts.items()}


def _onnx(given: Given) -> bytes:
    stored = jtm.read(given.path)
    return bytes(_module("models.onnx_writer").to_onnx(network_of(stored), stored.tensors).SerializeToString())


def of_torch(given: Given) -> dict[str, Call]:
    """Layer by layer and, where it can be, compiled with CUDA graphs."""
    torch = torch_module()
    from models.torch_network import TorchNetwork

    stored = jtm.read(given.path)
    module = TorchNetwork(network_of(stored))
    module.load_tensors(weights_of(stored))
    module = module.cuda().eval()
    inputs = [given.images, given.rows]
    host = [None if one is None else torch.from_numpy(one).pin_memory() for one in inputs]
    there = [None if one is None else one.cuda() for one in host]

    def scores(run: Any, values: list[Any], n: int) -> Any:
        with torch.inference_mode():
            parts = [None if one is None else one[:n].cuda(non_blocking=True) for one in values]
            return torch.softmax(run(*parts), 1)[:, 1].cpu().numpy()

    calls = {
        "PyTorch": lambda n: scores(module, host, n),
        "PyTorch, on device": lambda n: scores(module, there, n),
    }
    compiled = torch.compile(module, mode="reduce-overhead")
    try:
        scores(compiled, host, given.batches[0])
    except Exception as error:  # whatever a compiler may lack on a machine
        print(f"PyTorch compiled: skipped: {str(error).splitlines()[0]}")
        return calls
    calls["PyTorch compiled"] = lambda n: scores(compiled, host, n)
    calls["PyTorch compiled, on device"] = lambda n: scores(compiled, there, n)
    return calls


def of_onnxruntime(given: Given) -> dict[str, Call]:
    """ONNX Runtime's CUDA provider, with copies and with inputs bound on the device."""
    runtime = _module("onnxruntime")
    if "CUDAExecutionProvider" not in runtime.get_available_providers():
        raise Missing("this onnxruntime has no CUDA provider (that of onnxruntime-gpu has)")
    if hasattr(runtime, "preload_dlls"):
        runtime.preload_dlls()
    session = runtime.InferenceSession(_onnx(given), providers=[("CUDAExecutionProvider", {"use_tf32": "0"})])
    if session.get_providers()[0] != "CUDAExecutionProvider":
        raise Missing("its CUDA provider does not start here")
    read = [one.name for one in session.get_inputs()]
    parts = {name: values for name, values in _parts(given).items() if name in read}

    def on_device(n: int) -> Any:
        return bound[n].get_outputs()[0].numpy()[:, -1]

    def run_bound(n: int) -> Any:
        session.run_with_iobinding(bound[n])
        return on_device(n)

    bound = {}
    for n in given.batches:
        binding = bound[n] = session.io_binding()
        for name, values in parts.items():
            binding.bind_ortvalue_input(name, runtime.OrtValue.ortvalue_from_numpy(values[:n], "cuda", 0))
        binding.bind_output(SCORES, "cuda")
    return {
        "ONNX Runtime CUDA": lambda n: session.run([SCORES], {k: v[:n] for k, v in parts.items()})[0][:, -1],
        "ONNX Runtime CUDA, on device": run_bound,
    }


class _TensorRt:
    """An engine with a profile, and so a choice of kernels, for each batch; PyTorch lends memory and a stream."""

    def __init__(self, given: Given) -> None:
        trt, torch = _module("tensorrt"), torch_module()
        self.torch = torch
        logger = trt.Logger(trt.Logger.ERROR)
        builder = trt.Builder(logger)
        network = builder.create_network(0)
        parser = trt.OnnxParser(network, logger)
        if not parser.parse(_onnx(given)):
            raise Missing(f"its parser refuses the network: {parser.get_error(0)}")
        config = builder.create_builder_config()
        config.clear_flag(trt.BuilderFlag.TF32)
        inputs = [network.get_input(i) for i in range(network.num_inputs)]
        self.outputs = [network.get_output(i).name for i in range(network.num_outputs)]
        for n in given.batches:
            profile = builder.create_optimization_profile()
            for one in inputs:
                shape = (n, *tuple(one.shape)[1:])
                profile.set_shape(one.name, shape, shape, shape)
            config.add_optimization_profile(profile)
        built = builder.build_serialized_network(network, config)
        if built is None:
            raise Missing("it builds no engine of the network")
        self.runtime = trt.Runtime(logger)
        self.engine = self.runtime.deserialize_cuda_engine(built)
        self.stream = torch.cuda.Stream()
        parts = _parts(given)
        self.host = {one.name: torch.from_numpy(parts[one.name]).pin_memory() for one in inputs}
        self.there = {name: values.cuda() for name, values in self.host.items()}
        self.made: dict[int, tuple[Any, dict[str, Any], dict[str, Any]]] = {}
        for place, n in enumerate(given.batches):
            context = self.engine.create_execution_context()
            context.set_optimization_profile_async(place, self.stream.cuda_stream)
            taken = {name: values[:n].clone() for name, values in self.there.items()}
            for name, values in taken.items():
                context.set_input_shape(name, tuple(values.shape))
                context.set_tensor_address(name, values.data_ptr())
            given_back = {}
            for name in self.outputs:
                given_back[name] = torch.empty(tuple(context.get_tensor_shape(name)), device="cuda")
                context.set_tensor_address(name, given_back[name].data_ptr())
            self.made[n] = (context, taken, given_back)
        torch.cuda.synchronize()

    def run(self, n: int, copied: bool) -> Any:
        context, taken, given_back = self.made[n]
        with self.torch.cuda.stream(self.stream):
            if copied:
                for name, values in taken.items():
                    values.copy_(self.host[name][:n], non_blocking=True)
            context.execute_async_v3(self.stream.cuda_stream)
            return given_back[SCORES][:, -1].cpu().numpy()


def of_tensorrt(given: Given) -> dict[str, Call]:
    """TensorRT, its engine built here from the ONNX file."""
    engine = _TensorRt(given)
    return {
        "TensorRT": lambda n: engine.run(n, True),
        "TensorRT, on device": lambda n: engine.run(n, False),
    }


PEERS = {"PyTorch": of_torch, "ONNX Runtime CUDA": of_onnxruntime, "TensorRT": of_tensorrt}


def all_of_them(given: Given) -> dict[str, Call]:
    """Calls of every peer that can be used here; for each other one a line says why not."""
    calls: dict[str, Call] = {}
    for name, make in PEERS.items():
        try:
            calls.update(make(given))
        except Missing as reason:
            print(f"{name}: skipped: {reason}")
        except Exception as error:  # a peer that breaks must not keep the others from being measured
            print(f"{name}: skipped: it failed: {type(error).__name__}: {str(error).splitlines()[:1]}")
    return calls
