"""What a pretended engine offers: options of a strategy, and backbones."""


def an_option(name, kind, default, least=None, most=None, choices=None, advanced=False, help="Helps."):
    return {
        "name": name,
        "kind": kind,
        "default": default,
        "min": least,
        "max": most,
        "choices": choices,
        "help": help,
        "advanced": advanced,
    }


OPTIONS = [
    an_option("epochs", "int", 12, 1, 10_000),
    an_option("learning_rate", "float", 0.001, 0.0, 10.0),
    an_option("head", "str", "logistic", choices=["logistic", "mlp"]),
    an_option("cache", "bool", True, advanced=True),
    an_option("note", "str", "", advanced=True),
    an_option("patience", "int", 0, 0, advanced=True),
]

BACKBONES = [
    {"id": "timm:resnet18.a1_in1k", "label": "ResNet-18", "architecture": "resnet18", "parameters": 11176512,
     "input_size": [224, 224], "licence": "apache-2.0", "local": False, "source": "https://example.org"},
    {"id": "embedded:lite0", "label": "EfficientNet-Lite0", "architecture": "lite0", "parameters": 3371008,
     "input_size": [224, 224], "licence": "apache-2.0", "local": True, "source": ""},
    {"id": "timm:v2", "label": "ConvNeXt V2 atto", "architecture": "v2", "parameters": 3387400,
     "input_size": [224, 288], "licence": "cc-by-nc-4.0", "local": False, "source": ""},
]  # fmt: skip
