"""xferstudio: a plugin-based studio for transfer learning."""

__version__ = "0.1.0"
