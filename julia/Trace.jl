"""
    Trace

A relative debugger needs three things of Julia: a record of everything that a tagger file computes,
other ways to write a statement that come to given values, and the text of the file with an edit put
in. Nothing is judged here. `XCheck.jl` has to be included before.

Everything here works on Julia 1.5 to 1.12. Each entry point returns plain arrays, numbers and
strings, and throws nothing.
"""
module Trace

import ..XCheck
using ..XCheck: Finding, SHAPE_ONLY, attempt, code_of, each_expression, replaced, stripped, symbols,
    text
using LinearAlgebra: Adjoint, BLAS
using SHA: sha256

export record, rewrites, patched

include("trace/Places.jl")
include("trace/Routines.jl")
include("trace/Statements.jl")
include("trace/Loops.jl")
include("trace/Inserting.jl")
include("trace/Tape.jl")
include("trace/Looking.jl")
include("trace/Values.jl")
include("trace/Record.jl")
include("trace/Kernels.jl")
include("trace/Evaluate.jl")
include("trace/Addresses.jl")
include("trace/Sites.jl")
include("trace/Rules.jl")
include("trace/Indices.jl")
include("trace/Functions.jl")
include("trace/Borrowing.jl")
include("trace/Trials.jl")
include("trace/Rewrites.jl")
include("trace/Spelling.jl")
include("trace/Patch.jl")

end
