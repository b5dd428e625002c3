"""Somebody at a terminal who is no terminal."""

from __future__ import annotations


class Person:
    """Answers questions in turn, and has no more to say after that; `heard` is all that was asked and told."""

    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)
        self.heard: list[str] = []

    def ask(self, question: str) -> str:
        self.heard.append(question)
        try:
            return next(self._answers)
        except StopIteration:
            raise EOFError from None

    def ask_secret(self, question: str) -> str:
        return self.ask(question)

    def tell(self, sentence: str) -> None:
        self.heard.append(sentence)
