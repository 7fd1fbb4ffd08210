# Tests of Messages.jl: what crosses the bridge in one block of memory, included by runtests.jl.

"Arrays that a message holds; it is kept for as long as they are read."
received(message) = GC.@preserve message XCheck.arrays_at(Int(pointer(message)))

"What a function that takes the address of a message answers."
function called(f, number, arrays...)
    message = XCheck.message(Any[arrays...])
    address = GC.@preserve message f(number, Int(pointer(message)))
    return XCheck.arrays_at(address)
end

letters(text) = Vector{UInt8}(codeunits(text))

@testset "what is sent comes back" begin
    sent = Any[
        [1.5, -2.0], Float32[1, 2, 3], Float16[1], [1.0im], Complex{Float32}[1im, 2], [7], [true],
        UInt8[1, 2, 3], Float64[], letters("naïve"),
    ]
    message = XCheck.message(sent)
    found = received(message)
    @test isequal(found, sent) && eltype.(found) == eltype.(sent)
    @test reinterpret(Int, message[1:8])[1] == length(message) && length(message) % 8 == 0
    # The bytes that Python reads, see tests/sides/test_messages.py.
    message = XCheck.message(Any[codeunits("abc"), [1.5, -2.0]])
    @test reinterpret(Int, message[1:48]) == [72, 2, 8, 3, 1, 2]
    @test message[49:56] == [letters("abc"); zeros(5)]
    @test reinterpret(Float64, message[57:72]) == [1.5, -2.0]
end

@testset "a question in a message, by the number of its tagger" begin
    numbers = vcat(rowmajor.(weights(4, 3, 3))..., rowmajor(wave(1, 3, 6)))
    layout = [5; WORDS; TAGS; 4; 3; 3; 4; 3; 3; 3; 1; 3; 3; 3; 1; 3; 0; 1; 0; 1; 1; 5; -1; -1]
    question = (letters(join(NAMES, ' ')), numbers, Float64[], layout, [H * im])
    ask_at(number) = called(XCheck.examine_at, number, question...)
    @test XCheck.keep(3, FIXED, NAMES) == ""
    problem, held, refusals, bytes, places = ask_at(3)
    names, rest = String(copy(question[1])), question[2:end]
    expected, _ = XCheck.examine_packed(loaded(FIXED), names, rest...)
    @test isempty(problem)
    @test (String(held), String(refusals), bytes, places) == expected
    throwing = changed("thrown.jl", "cost = 0;" => "error(\"not this one\");")
    @test XCheck.keep(4, throwing, NAMES) == ""
    (problem,) = ask_at(4)
    @test String(problem) == "$throwing:$(line_of(throwing, "not this one")): not this one"
    @test isempty(ask_at(3)[1]) # which is still there
    shy = changed(
        "shy.jl", "cost = 0;" => "throw(Shy());",
        "function forwardRNN" => "struct Shy <: Exception end\n" *
            "Base.showerror(io::IO, ::Shy) = error(\"nor me\")\nfunction forwardRNN",
    )
    @test XCheck.keep(4, shy, NAMES) == ""
    said = ": an error of type Shy, which cannot be shown: nor me"
    @test String(ask_at(4)[1]) == "$shy:$(line_of(shy, "throw(Shy())"))$said"
    @test String(ask_at(9)[1]) == "xcheck itself failed: KeyError" # there is no such tagger
    XCheck.forget(3)
    @test !haskey(XCheck.TAGGERS, 3)
    @test occursin("syntax", XCheck.keep(5, written("cut.jl", "f(x = 1\n"), NAMES))
    @test !haskey(XCheck.TAGGERS, 5)
    XCheck.forget(4)
end

@testset "a hash in a message" begin
    arrays = [wave(2, 3, 1), wave(1, 4, 2)]
    sent = (letters("a b"), [2, 3, 1, 4], vcat(rowmajor.(arrays)...))
    hash = String(called(XCheck.fingerprint_at, 0, sent...)[1])
    @test hash == fingerprint(["a", "b"], arrays)
    sent[3][7] += 1
    @test String(called(XCheck.fingerprint_at, 0, sent...)[1]) != hash
end

@testset "the C functions are these" begin
    examined, hashed = parse.(Int, split(XCheck.entries()))
    message = XCheck.message(Any[letters("a"), [1, 2], [0.5, 0.25]])
    GC.@preserve message begin
        address = ccall(Ptr{Cvoid}(hashed), Int, (Int, Int), 0, Int(pointer(message)))
    end
    @test String(XCheck.arrays_at(address)[1]) == fingerprint(["a"], [[0.5 0.25]])
    @test examined != hashed
end

@testset "each line of Precompile.jl is of a call that there is" begin
    for (f, types) in XCheck.CALLS
        is_one = precompile(f, types)
        is_one || println("no such call: ", f, types)
        @test is_one
    end
    @test !precompile(XCheck.onehots, (Vector{Int},))
end
