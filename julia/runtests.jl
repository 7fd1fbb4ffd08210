# What Julia alone can test: `julia --project julia/runtests.jl`, on Julia 1.5 to 1.12.

using SHA: sha256
using Test: @test, @testset

include("XCheck.jl")
include("Faults.jl")
using .XCheck: examine, fingerprint, load

const NAMES = ["Wxh", "Whh", "Bh", "Why", "By"]
const FIXED = joinpath(@__DIR__, "fixed.jl")
const ORIGINAL = joinpath(@__DIR__, "original.jl")
const FOLDER = mktempdir()
const H = 1e-100

"Numbers that repeat nowhere, the same on every Julia: drawn ones differ between versions."
wave(rows, columns, k) = [sin(k + 1.7i + 0.9j) / 2 for i in 1:rows, j in 1:columns]

"The five parameters over `inputs` words, `hidden` units and `outputs` tags."
weights(inputs, hidden, outputs) = [
    wave(inputs, hidden, 1),
    wave(hidden, hidden, 2),
    wave(1, hidden, 3),
    wave(hidden, outputs, 4),
    wave(1, outputs, 5),
]

"What numpy.linspace(from, to, rows * columns).reshape(rows, columns) holds: row by row."
linspace(from, to, rows, columns) =
    permutedims(reshape(collect(range(from, stop = to, length = rows * columns)), columns, rows))

rowmajor(array) = vec(permutedims(array))

"Write a tagger file and return its path."
function written(name, text)
    path = joinpath(FOLDER, name)
    write(path, text)
    return path
end

"fixed.jl with each `old => new` carried out; each must be in it."
function changed(name, changes...)
    text = read(FIXED, String)
    for (old, new) in changes
        occursin(old, text) || error("fixed.jl no longer holds: $old")
        text = replace(text, old => new)
    end
    return written(name, text)
end

"What a tagger's global holds now. Julia 1.12: this file's own world is older than the tagger."
global_of(tagger, name) = Base.invokelatest(getfield, tagger.mod, Symbol(name))

"The line of a file, from 1, that holds `text`."
line_of(path, text) = findfirst(line -> occursin(text, line), readlines(path))

function loaded(path)
    tagger, problem = load(path, NAMES)
    problem == "" || error(problem)
    return tagger
end

const WORDS = [2, 1, 3, 2, 2]
const TAGS = [1, 3, 2, 2, 1]

"Answer of a tagger over 4 words, 3 units, 3 tags, and its problem."
ask(tagger, words = WORDS; probes = [], steps = [], values = weights(4, 3, 3)) = examine(
    tagger, NAMES, values, words, TAGS[1:length(words)], wave(1, 3, 6), (4, 3), probes, steps,
)

"The answer where there must be one."
function answer(arguments...; options...)
    found, problem = ask(arguments...; options...)
    problem == "" || error(problem)
    return found
end

"The problem of a tagger file, which must be one line with no answer beside it."
function problem_of(path)
    tagger, problem = load(path, NAMES)
    found = nothing
    if problem == ""
        found, problem = ask(tagger)
    end
    @test found === nothing
    @test problem != ""
    @test !occursin('\n', problem)
    return problem
end

"Names of the gradients that the complex step, entry by entry, finds wrong."
function wrong(tagger, words)
    probes = [[(name, nothing, nothing)] for name in NAMES]
    _, run, costs, refusal = answer(tagger, words; probes = probes, steps = [H * im])
    refusal == "" || error(refusal)
    length(costs) == length(NAMES) || error("not every parameter has costs")
    return [
        "d$name" for (name, gradient, cost) in zip(NAMES, run.gradients, costs) if
        !(maximum(abs.(rowmajor(gradient) .- imag.(cost[:, 1]) ./ H)) <= 1e-12)
    ]
end

@testset "XCheck" begin

include("computingtests.jl")
include("packedtests.jl")
include("messagetests.jl")
include("loadingtests.jl")
include("faulttests.jl")
include("adaptertests.jl")
include("tracetests.jl")
include("traintests.jl")

end
