# Tests of Packed.jl: what crosses the bridge in a few arrays, included by runtests.jl.

"Each array of a packed answer, its axes the other way round: row by row is how it lies there."
function unpacked(bytes, layout)
    stream, reader, found = IOBuffer(bytes), XCheck.Reader(layout), []
    while reader.read < length(layout)
        kind = XCheck.next!(reader)
        kind == 0 && (push!(found, nothing); continue)
        sizes = XCheck.next!(reader, XCheck.next!(reader))
        array = Array{XCheck.KINDS[kind]}(undef, reverse(sizes)...)
        read!(stream, array)
        push!(found, ndims(array) < 2 ? array : permutedims(array, length(sizes):-1:1))
    end
    @test eof(stream)
    return found
end

@testset "packed, row by row, it is the same" begin
    lines = reshape(collect(1.0:18.0) ./ 7, 2, 3, 3)
    rows = reshape(collect(1.0:12.0) ./ 5, 2, 2, 3)
    first = [[("Whh", lines, nothing), ("Wxh", rows, [2, 4])], [("By", nothing, nothing)]]
    second, third = [[("Why", lines, nothing)]], [[("Wxh", rows, [1, 3])]]
    others = [value .+ 0.1 for value in weights(4, 3, 3)]
    numbers = vcat(
        rowmajor.(weights(4, 3, 3))..., rowmajor(wave(1, 3, 6)), rowmajor.(others)...,
    )
    flat(directions) = vec(permutedims(directions, (3, 2, 1)))
    directions = vcat(flat(lines), flat(rows), flat(lines), flat(rows))
    layout = [
        5; WORDS; TAGS; 4; 3; 3; # T, the words, the tags, both sizes, the hidden state
        4; 3; 3; 3; 1; 3; 3; 3; 1; 3; # the parameters
        0; 1; 0; 2; 2; 2; 2; -1; 1; 2; 2; 2; 4; 1; 5; -1; -1; # the first task
        1; 2; 1; 1; 1; 4; 2; -1; # one with weights of its own, and real steps
        0; 1; 0; 1; 1; 1; 2; 2; 1; 3; # one with those of the first
    ]
    packed(tagger) = XCheck.examine_packed(
        tagger, join(NAMES, ' '), numbers, directions, layout, [H * im, 0.3, -0.3, 2H * im],
    )
    (held, refusals, bytes, sizes), problem = packed(loaded(FIXED))
    asked(probes, steps; options...) =
        answer(loaded(FIXED); probes = probes, steps = steps, options...)
    held_, run, costs, _ = asked(first, [H * im])
    _, run2, costs2, _ = asked(second, [0.3, -0.3]; values = others)
    _, _, costs3, _ = asked(third, [2H * im])
    @test problem == "" && held_ == held && refusals == "\n\n"
    found = unpacked(bytes, sizes)
    expected = [
        run.cost, run.h, run.p, run.gradients..., costs...,
        run2.cost, run2.h, run2.p, run2.gradients..., costs2..., costs3...,
    ]
    @test length(found) == 20 && isequal(found, expected) && eltype.(found) == eltype.(expected)
    @test eltype(found[9]) == Complex{Float64} && eltype(found[19]) == Float64
    @test run2.cost != run.cost
    refusing = changed("refusing.jl", "maximum(real.(score))" => "maximum(score)")
    (_, refusals, bytes, sizes), _ = packed(loaded(refusing))
    @test [r == "" for r in split(refusals, '\n')] == [false, true, false]
    @test length(unpacked(bytes, sizes)) == 8 + 9 # the runs, and costs of the real steps alone
    @test packed(loaded(changed("throws.jl", "cost = 0;" => "error(1);")))[1] === nothing
end

@testset "numbers of any type are packed: $(eltype(array))" for (array, kind) in [
    (fill(1.5), Float64), ([1f0 2f0], Float32), ([true, false], Bool), (Int32[1, 2], Float64),
    ([1//2 1//4], Float64), (big.([1.0 2.0]), Float64), (big.([1.0im]), Complex{Float64}),
    (zeros(0, 3), Float64), ([1.0f0 2.0f0im], Complex{Float32}), (wave(2, 12, 1), Float64),
    (reshape(wave(2, 12, 2), 2, 3, 4), Float64), (reshape(wave(2, 12, 3), 2, 3, 2, 2), Float64),
]
    (found, none) = unpacked(XCheck.packed(Any[array, nothing])...)
    @test none === nothing && found == array && eltype(found) == kind
    @test size(found) == size(array)
end
