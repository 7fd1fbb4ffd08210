# Tests of train.jl. Included by runtests.jl.

include("train.jl")

"Two sentences, 1 2 1 and 4 of four words, over three units and two tags; the word 3 is in neither."
lesson() = (
    (
        ["Wxh", "Whh", "Bh", "Why", "By"],
        [(0, 3), (3, 3), (1, 3), (3, 2), (1, 2)],
        3,
        2,
    ),
    ([1, 2, 1, 4], [1, 2, 1, 2], [1, 4, 5]),
)

adagrad() = ("adagrad", 0.1, 5.0)

first_weights() = [
    [0.1 * sin(7 * i + 3 * j + k) for i in 1:rows, j in 1:columns]
    for (k, (rows, columns)) in enumerate([(4, 3), (3, 3), (1, 3), (3, 2), (1, 2)])
]

zeros_of(values) = [zeros(size(value)) for value in values]

function taught(
    order; file = "fixed.jl", rule = adagrad(), stop = "", values = first_weights(),
)
    tagger, problem = load(joinpath(@__DIR__, file), lesson()[1][1])
    @test problem == ""
    return Train.learn(tagger, lesson()..., rule, values, zeros_of(values), order, stop)
end

"The vector of a sentence with these words: shared parameters, then their rows; row-major."
flat(values, rows) =
    vcat([vec(permutedims(value)) for value in [values[2:end]; [values[1][rows, :]]]]...)

@testset "a tagger file learns" begin
    (weights, memories, costs, broken), problem = taught(repeat([1, 2], 20))
    @test problem == "" && !broken
    @test length(costs) == 40 && sum(costs[end-1:end]) < 0.2 * sum(costs[1:2])
    before = first_weights()
    @test weights[1][3, :] == before[1][3, :] # the word that is in neither
    @test all(weights[1][i, :] != before[1][i, :] for i in (1, 2, 4))
    @test all(iszero, memories[1][3, :]) && all(>(0), memories[1][1, :])
    (wrong, _, _, _), _ = taught(repeat([1, 2], 20); file = "original.jl")
    @test wrong[2] != weights[2]
end

@testset "the caller's weights are left alone" begin
    values = first_weights()
    taught([1, 2]; values = values)
    @test values == first_weights()
end

@testset "one update by itself is the first one of many" begin
    (weights, _, costs, _), _ = taught([1])
    tagger, _ = load(joinpath(@__DIR__, "fixed.jl"), lesson()[1][1])
    start = flat(first_weights(), [1, 2])
    again = [start; flat(first_weights(), [4])]
    (found, gradients, after), problem =
        Train.singles(tagger, lesson()..., adagrad(), [1, 2], again, zero(again))
    @test problem == ""
    @test found[1] == costs[1] && length(found) == 2
    @test after[1:length(start)] == flat(weights, [1, 2])
    @test length(gradients) == length(again)
    step = 0.1 .* gradients ./ sqrt.(gradients .* gradients .+ 1e-8) # all are below the clip
    @test maximum(abs.(gradients)) < 5 && after ≈ again .- step
end

@testset "plain steps, and the clip" begin
    (once, memories, _, _), _ = taught([1]; rule = ("sgd", 0.1, 5.0))
    (clipped, _, _, _), _ = taught([1]; rule = ("sgd", 0.1, 0.01))
    before = first_weights()
    @test all(m -> all(iszero, m), memories)
    @test maximum(abs.(clipped[5] .- before[5])) ≈ 0.001
    @test maximum(abs.(once[5] .- before[5])) > 0.001
end

@testset "it ends early" begin
    stop, io = mktemp()
    close(io)
    (_, _, costs, broken), _ = taught([1, 2, 1]; stop = stop)
    @test length(costs) == 1 && !broken
    rm(stop)
    (_, _, costs, _), _ = taught([1, 2, 1]; stop = stop)
    @test length(costs) == 3
    spoiled = first_weights()
    spoiled[1][4, :] .= NaN
    (weights, _, costs, broken), problem = taught([1, 2, 1]; values = spoiled)
    @test broken && problem == "" && length(costs) == 1
    @test all(isfinite, weights[2])
end
