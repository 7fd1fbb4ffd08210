# What crosses the bridge in a run: one block of memory each way. Included by XCheck.jl.
#
# PythonCall can hand over any object. But without a system image Julia compiles for two seconds what
# that takes, and with one it still costs ten microseconds an array.

"The tagger files that are loaded, by number: what the other side has of them."
const TAGGERS = Dict{Int,Tagger}()

"Load a file, see `load`, under a number; what is wrong with it, or else an empty text."
function keep(number, arguments...)
    tagger, problem = load(arguments...)
    tagger === nothing || (TAGGERS[number] = tagger)
    return problem
end

forget(number) = (delete!(TAGGERS, number); nothing)

"""
Answer a message that holds the arguments of `examine_packed` but for the tagger, whose number is
given: with what that returns, or with the problem alone. What left a C function as an exception
would be the end of the process.
"""
function examine_at(number, address)
    try
        return examined(TAGGERS[number], arrays_at(address)...)
    catch e
        return address_of(Any[codeunits("xcheck itself failed: $(typeof(e))")])
    end
end

function examined(tagger, names, numbers...)
    answer, problem = examine_packed(tagger, String(names), numbers...)
    answer === nothing && return address_of(Any[codeunits(problem)])
    fingerprint, refusals, bytes, places = answer
    texts = map(codeunits, ("", fingerprint, refusals))
    return address_of(Any[texts..., bytes, places])
end

"""
Answer a message that holds names, in one text, rows and columns of each, and all values, row by
row: with their `fingerprint`, whatever tagger there is.
"""
function fingerprint_at(_, address)
    text, layout, values = arrays_at(address)
    names = split(String(text))
    numbers, sizes = Reader(values), Reader(layout)
    arrays = [next!(numbers, (next!(sizes), next!(sizes))) for _ in names]
    return address_of(Any[codeunits(fingerprint(names, arrays))])
end

"""
Addresses, as one text, of C functions that take a number and the address of a message and return
that of the answer: `examine_at` and `fingerprint_at`.
"""
entries() = join(
    Int[@cfunction(examine_at, Int, (Int, Int)), @cfunction(fingerprint_at, Int, (Int, Int))], ' ',
)

# Messages --------------------------------------------------------------------------------------

"""
    message(arrays) -> Vector{UInt8}

Arrays with one axis: as Int64 the bytes of it all, how many arrays there are, and of each the
number of its type in KINDS and its length; then the arrays, each filled up to 8 bytes.
"""
function message(arrays)
    head = Int[0, length(arrays)]
    for array in arrays
        push!(head, NUMBERS[eltype(array)], length(array))
    end
    head[1] = sizeof(head) + sum(whole_words, arrays)
    block = IOBuffer()
    write(block, head)
    for array in arrays
        write(block, array)
        write(block, zeros(UInt8, whole_words(array) - sizeof(array)))
    end
    return take!(block)
end

whole_words(array) = 8 * cld(sizeof(array), 8)

"The arrays of the message at an address, each a copy."
function arrays_at(address)
    count = unsafe_load(Ptr{Int}(address), 2)
    arrays, at = [], address + 8 * (2 + 2count)
    for i in 1:count
        kind, length = unsafe_load.(Ptr{Int}(address), (2i + 1, 2i + 2))
        array = array_at(KINDS[kind], at, length)
        push!(arrays, array)
        at += whole_words(array)
    end
    return arrays
end

array_at(::Type{T}, address, length) where {T} = copy(unsafe_wrap(Array, Ptr{T}(address), length))

"Where the last answer is, so that nobody frees it before the next is asked for."
const ANSWER = Ref(UInt8[])

function address_of(arrays)
    ANSWER[] = message(arrays)
    return Int(pointer(ANSWER[]))
end
