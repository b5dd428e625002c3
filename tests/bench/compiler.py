"""Makes the two C programs that the benchmark needs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent

COMPILERS = ("cc", "gcc", "clang")


class NoCompilerError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no C compiler; on Debian and Ubuntu: apt install gcc libc6-dev")


def build(name: str, folder: Path) -> Path:
    """The program made from NAME.c, in the folder. Raises NoCompilerError."""
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NoCompilerError
    program = folder / name
    options = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *options, "-o", program, HERE / f"{name}.c"], check=True)
    return program
