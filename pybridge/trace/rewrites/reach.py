"""The variables that a statement can reach, their entries and parts, and what shapes they have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from types import ModuleType
from typing import Any

import numpy as np

from pybridge.trace.rewrites.trials import numbers

Shape = tuple[int, ...]
BIG = 1 << 20  # entries above which a variable is left alone: a product with it might take minutes


@dataclass(frozen=True)
class Known:
    """What there is to know of a value without its numbers."""

    shape: Shape
    whole: bool  # whole numbers or truth values

    @classmethod
    def of(cls, value: object) -> Known | None:
        """None of what is no number and no array of them."""
        if not isinstance(value, bool | int | float | complex | np.generic | np.ndarray):
            return None
        array = numbers(value)
        return None if array is None else cls(array.shape, array.dtype.kind in "biu")


@dataclass(frozen=True)
class Atom:
    """A variable, an entry or an attribute of one, transposed or not."""

    code: str
    node: ast.expr
    known: Known
    cost: int  # beyond that of a plain variable

    @property
    def shape(self) -> Shape:
        """Of its value."""
        return self.known.shape


@dataclass(frozen=True)
class Reach:
    """The variables of one trial."""

    plain: Mapping[str, Any]  # variables of the function, and globals that it reads
    scope: dict[str, Any]  # with all else that code may name

    def value(self, code: str) -> Any:
        """What code comes to; None where it throws."""
        try:
            return eval(compile(code, "<part>", "eval"), self.scope)
        except Exception:  # a variable of a comprehension, a shape that does not fit
            return None

    def lacks(self, code: str) -> bool:
        """Whether code is a name that is not there, or an entry or attribute of one."""
        try:
            eval(compile(code, "<part>", "eval"), self.scope)
        except NameError:
            return bool(re.fullmatch(r"\w+|\w+[.\[].*", code))
        except Exception:
            return False
        return False

    def places(self, indices: Sequence[str]) -> Iterator[str]:
        """Indices: steps, words and tags, and two of these at once."""
        steps, sequences = self.numbers(indices), self.sequences()
        entries = [f"{s}[{i}]" for s in sequences for i in steps]
        yield from (*steps, *entries, *sequences)
        yield from (f"{a}, {b}" for a in sequences for b in sequences if a != b)
        yield from (f"{a}, {b}" for a in ("0", *steps) for b in entries)
        yield from (f"{a}, 0" for a in entries)

    def numbers(self, indices: Iterable[str]) -> tuple[str, ...]:
        """Those of some names that are whole numbers."""
        return tuple(i for i in indices if isinstance(self.scope.get(i), int | np.integer))

    def sequences(self) -> list[str]:
        """Arrays of whole numbers, such as those of the words."""
        found = [n for n, v in self.plain.items() if _is_array(v, "iu") and v.ndim == 1]
        return sorted(found, key=lambda n: (n != "words", n))

    def atoms(self, indices: Sequence[str], expressions: Sequence[str]) -> Iterator[Atom]:
        """Plain variables first; then attributes, entries and parts; then other expressions."""
        found: dict[str, Atom] = {}
        for code, value, cost in self._offers(self.numbers(indices), expressions):
            known = Known.of(value)
            if known is not None and np.prod(known.shape) <= BIG and code not in found:
                found[code] = Atom(code, ast.parse(code, mode="eval").body, known, cost)
                yield found[code]

    def _offers(
        self, indices: Sequence[str], expressions: Sequence[str]
    ) -> Iterator[tuple[str, Any, int]]:
        parts = dict(self._parts())
        for name, value in self.plain.items():
            yield name, value, 0
        for code, value in parts.items():
            yield code, value, 1
        sequences = self.sequences()
        if sequences:
            yield f"len({sequences[0]})", len(self.scope[sequences[0]]), 0
        containers = {n: v for n, v in {**self.plain, **parts}.items() if _holds(v)}
        lengths = {len(self.scope[s]) for s in sequences}
        in_time = {
            code: value
            for code, value in containers.items()
            if not isinstance(value, np.ndarray) or not lengths or len(value) in lengths
        }
        for shift, cost in (("", 0), (" - 1", 1), (" + 1", 1)):
            for code, value in in_time.items():
                for i in indices:
                    yield f"{code}[{i}{shift}]", self._entry(value, f"{i}{shift}"), cost
        entries = [f"{s}[{i}]" for s in sequences for i in indices]
        for code, value in containers.items():
            if _is_array(value, "fc"):
                for index in (*entries, *sequences):
                    yield f"{code}[{index}]", self._entry(value, index), 1
                yield from self._cuts(code, value)
        for code in expressions:
            yield code, self.value(code), 1
        yield from self._of_two_indices(in_time, indices, sequences, entries)

    def _parts(self) -> Iterator[tuple[str, Any]]:
        """What is in objects and dictionaries by name, where it has no name of its own."""
        for name, value in self.plain.items():
            inside: dict[str, Any] = {}
            if isinstance(value, dict):
                inside = {f"{name}[{k!r}]": v for k, v in value.items() if isinstance(k, str)}
            elif isinstance(arrays := getattr(value, "arrays", None), Mapping):
                inside = {f"{name}.{key}": array for key, array in arrays.items()}
            elif is_dataclass(value) and not isinstance(value, type):
                inside = {f"{name}.{f.name}": getattr(value, f.name, None) for f in fields(value)}
            elif _is_object(value):
                inside = {f"{name}.{k}": v for k, v in vars(value).items()}
            for code, part in inside.items():
                if not _is_code(code):
                    continue
                if not _is_array(part, "fciub") or not any(
                    _is_array(v, "fciub") and part.size and np.array_equal(v, part)
                    for v in self.plain.values()
                ):
                    yield code, part

    def _cuts(self, code: str, value: Any) -> Iterator[tuple[str, Any, int]]:
        if value.ndim > 1 and len(value) == 1:
            yield f"{code}[0]", value[0], 1
        if value.ndim == 2 and value.shape[1] == 1:
            yield f"{code}[:, 0]", value[:, 0], 1
        for cut in (slice(None, -1), slice(1, None), slice(None, 1)) if len(value) > 1 else ():
            ends = ["" if end is None else str(end) for end in (cut.start, cut.stop)]
            yield f"{code}[{':'.join(ends)}]", value[cut], 2
        for end in (0, -1) if len(value) > 1 else ():
            yield f"{code}[{end}]", value[end], 2

    def _of_two_indices(
        self,
        in_time: Mapping[str, Any],
        indices: Sequence[str],
        sequences: Sequence[str],
        entries: Sequence[str],
    ) -> Iterator[tuple[str, Any, int]]:
        """One number, or one a step: score[time, tags], score[0, tags[t]], p[t][tags[t]]."""
        for code, value in {**in_time, **self.plain}.items():
            if _is_array(value, "fc") and value.ndim == 2:
                several = [(a, b) for a in sequences for b in sequences if a != b]
                single = [(i, e) for i in ("0", *indices) for e in entries]
                for a, b in several + single + [(e, "0") for e in entries]:
                    yield f"{code}[{a}, {b}]", self._entry(value, f"{a}, {b}"), 2
            elif isinstance(value, list | dict) or _is_array(value, "fc"):
                for e in entries:
                    yield f"{code}[{e}]", self._entry(value, e), 2
                    for i in indices:
                        entry = self._entry(value, i)
                        for index in (e, f"{e}, 0", f"0, {e}"):
                            yield f"{code}[{i}][{index}]", self._entry(entry, index), 2

    def _entry(self, value: Any, index: str) -> Any:
        try:
            at = self.value(index)
            if isinstance(at, int | np.integer) and at < 0 and not isinstance(value, dict):
                return None  # it would be the end of the array
            return value[at]
        except Exception:  # not there
            return None


def _is_code(code: str) -> bool:
    """Whether it can be written so: not every name of an attribute can."""
    return bool(re.fullmatch(r"[^\W\d]\w*\.[^\W\d]\w*|\w+\['.*'\]", code))


def _is_object(value: object) -> bool:
    return hasattr(value, "__dict__") and not callable(value) and not isinstance(value, ModuleType)


def _is_array(value: object, kinds: str) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in kinds


def _holds(value: object) -> bool:
    """Whether a value has entries by number."""
    if isinstance(value, dict):
        return not all(isinstance(key, str) for key in value)
    return isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim > 0)
