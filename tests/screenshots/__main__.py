"""`python -m tests.screenshots [FOLDER]`: plays the scenes and writes a picture of each, on dark and on light."""

import argparse
from pathlib import Path

from tests.screenshots.scenes import COLUMNS, SCENES, party, settled
from tests.screenshots.svg import DARK, LIGHT, picture

USUAL = Path(__file__).parents[2] / "client" / "pictures"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.screenshots", description="Takes pictures of the client.")
    parser.add_argument("folder", type=Path, nargs="?", default=USUAL, help="where they go (client/pictures)")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, (play, title) in SCENES.items():
        with party() as people:
            alice = play(people)
            rows, cursor = settled(alice), alice.cursor
        for ground in (DARK, LIGHT):
            path = folder / f"{name}-{ground.name}.svg"
            path.write_text(picture(rows, COLUMNS, cursor, ground, title), encoding="utf-8")
            print(path)


main()
