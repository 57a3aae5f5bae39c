"""The formats in which a finished run can be taken away; cheap to import, the work comes later."""

from xferstudio_plugins.exporters.onnx import OnnxExporter
from xferstudio_plugins.exporters.timm_folder import TimmExporter
from xferstudio_plugins.exporters.torch_export import TorchExporter

__all__ = ["OnnxExporter", "TimmExporter", "TorchExporter"]
