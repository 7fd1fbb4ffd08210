"""The stand-ins, run in the Julia that they are for."""

import pickle
import subprocess
import sys

import pytest

from pybridge.runtime.find import private_install
from tests.runtime.conftest import FreshInstall

RUN = """
import pickle, sys
from pybridge.runtime import prepare
prepare(pickle.loads(bytes.fromhex(sys.argv[1])))
import juliacall
juliacall.Main.seval(sys.stdin.read())
"""

JULIA = r"""
using Test
import PythonCall
using PythonCall: @py, @pyeval, @pyexec, Py, pyconvert, pylist, PyArray
loaded(name) = first(m for (id, m) in Base.loaded_modules if id.name == name)
const M, U = loaded("MacroTools"), loaded("UnsafePointers")
using .M: @capture, isexpr

@testset "capture" begin
    @test @capture(:(a = 1), x_ = y_) && (x, y) == (:a, 1)
    @test !@capture(:(a + 1), x_ = y_) && x === nothing
    @test @capture(:(f(1, 2, 3)), g_(first_, rest__)) && (g, first, rest) == (:f, 1, [2, 3])
    @test @capture(:(f()), g_(rest__)) && rest == []
    @test !@capture(:(f()), g_(first_, rest__))
    @test @capture(:a, var_Symbol) && var === :a
    @test !@capture(1, var_Symbol)
    @test @capture(:(a + a), x_ + x_)
    @test !@capture(:(a + b), x_ + x_)
    @test @capture(:(nothing + nothing), x_ + x_)
    @test @capture(:(d[1, 2]), v_[k__]) && k == [1, 2]
    @test @capture(:(x::Int), l_::r_) && r === :Int
    @test @capture(Meta.parse("for i in 1:3\n\n i\n end"), for a_ in b_
        body__
    end) && a === :i
    @test @capture(:(@jl z), @jl e_) && e === :z
    @test @capture(:(snake_case = 1), snake_case = v_) && v == 1
    @test isexpr(:(f(x)), :tuple, :call) && !isexpr(:x, :call)
end

@testset "macros of PythonCall" begin
    @test pyconvert(Int, @py 1 + 2 * 3) == 7
    x = 3
    @test (@pyeval (x, y = 4) => `x * y` => Int) == 12
    @test (@pyexec (x) => `z = x + 1` => z::Int) == 4
    @test pyconvert(String, @py "a".upper()) == "A"
    @test pyconvert(Int, @py len([1, 2, 3])) == 3
    l = pylist([1, 2])
    @py l[0] = 7
    @test pyconvert(Int, l[0]) == 7
end

struct Inner; a::Int8; b::Ptr{Cchar}; end
struct Outer; n::Int32; inner::Ptr{Inner}; end

@testset "pointers" begin
    text = Cchar['h', 'i', 0]
    inner = Ref(Inner(5, pointer(text)))
    GC.@preserve text inner begin
        outer = Ref(Outer(7, Base.unsafe_convert(Ptr{Inner}, inner)))
        GC.@preserve outer begin
            p = U.UnsafePtr(Base.unsafe_convert(Ptr{Outer}, outer))
            @test p.n[] === Int32(7)
            p.n[] = 9
            @test outer[].n == 9
            @test p.inner[] isa U.UnsafePtr{Inner}
            @test p.inner[!] isa Ptr{Inner}
            @test p.inner[].a[] === Int8(5)
            @test String(p.inner[].b[]) == "hi"
            @test p.inner[].b[][2] == Cchar('i')
            @test p.inner[] == p.inner[!] && p.inner[!] == p.inner[] && p.inner[] == p.inner[]
            @test p.inner[] != C_NULL
            p.inner[] = C_NULL
            @test p.inner[] == C_NULL
            @test_throws ErrorException p.nothing
        end
    end
end

@testset "the others" begin
    @test loaded("CondaPkg").backend() === :Null
    @test !loaded("Tables").istable([1])
    @test Meta.parseall("a = 1\nb") isa Expr
end
"""


def test_stand_ins(fresh: FreshInstall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XCHECK_HOME", str(fresh.home))
    done = subprocess.run(
        [sys.executable, "-c", RUN, pickle.dumps(private_install()).hex()],
        input="begin\n" + "include_string(Main, " + repr_julia(JULIA) + ")\nend",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def repr_julia(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
    return f'"{escaped}"'
