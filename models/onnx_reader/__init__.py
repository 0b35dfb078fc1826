"""From an ONNX graph to a list of layers and their weights (FORMAT.md): what `models.from_onnx` is made of.

`graph` reads the file, `inputs` says which of its inputs is the image, `values` is what flows between nodes, `windows`,
`vectors` and `elementwise` read one operator each, `draft` collects layers, and `reader` goes through the nodes.
"""

from models.onnx_reader.problems import UnreadableError
from models.onnx_reader.reader import Reading, read

__all__ = ["Reading", "UnreadableError", "read"]
