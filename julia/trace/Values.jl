# Copies of values, in the form that crosses to Python.

"Numbers that are kept at most; of what comes after them there are sketches."
const ROOM = 1 << 24

"In place of a step: a value that is never a sketch."
const WHOLE = NONE + 1

"Copy a value; its number, or -1 where it is no number and no array of numbers."
function kept!(tape, @nospecialize(value), step)
    value isa Number && return put!(tape, fill(portable(value)), 0)
    value isa Union{AbstractArray,Tuple} || return -1
    array = value isa Array && isconcretetype(eltype(value)) && eltype(value) <: Number ?
        value : numbers_of(value)
    array === nothing && return -1
    array isa Array && portable_type(eltype(array)) == eltype(array) ||
        (array = map(portable, collect(array)))
    large = step > WHOLE && length(array) > tape.sketch_over && !(step in tape.full)
    step != WHOLE && (large || tape.held > ROOM) &&
        return sketch_once!(tape, array, value isa Array ? objectid(value) : UInt(0))
    return put!(tape, array, value isa Array ? objectid(value) : UInt(0))
end

"The types of numbers that numpy has as well; other numbers are rounded."
const Portable =
    Union{Bool,Base.BitInteger64,Float16,Float32,Float64,ComplexF32,ComplexF64}
portable_type(T) = T <: Portable ? T : T <: Real ? Float64 : ComplexF64
portable(number) = convert(portable_type(typeof(number)), number)

"An array of numbers, of any kind; rows of equal shape stacked; nothing where it is neither."
function numbers_of(@nospecialize(value))
    value isa AbstractArray && eltype(value) <: Number && isconcretetype(eltype(value)) &&
        return collect(value)
    isempty(value) && return nothing
    value isa AbstractArray && ndims(value) > 1 && !(eltype(value) <: Number) && return nothing
    all_assigned(value) || return nothing
    first = value[1]
    if first isa Number
        all(entry -> entry isa Number, value) || return nothing
        narrow = map(identity, collect(value))
        isconcretetype(eltype(narrow)) && return narrow
        T = promoted(value)
        return map(number -> convert(T, number), narrow)
    end
    first isa AbstractArray || return nothing
    shape = flat(size(first))
    for entry in value
        entry isa AbstractArray && eltype(entry) <: Number || return nothing
        flat(size(entry)) == shape || return nothing
    end
    T = promoted(value)
    stacked = Array{T}(undef, length(value), shape...)
    for (t, entry) in enumerate(value)
        stacked[t, ntuple(_ -> Colon(), length(shape))...] = reshape(collect(entry), shape)
    end
    return stacked
end

"A shape without axes of length 1, but with one axis at least."
flat(shape) = (kept = filter(n -> n != 1, shape); isempty(kept) ? (1,) : kept)

all_assigned(value) = value isa Tuple || all(i -> isassigned(value, i), eachindex(value))

function promoted(value)
    T = Union{}
    for entry in value
        T = promote_type(T, entry isa Number ? typeof(entry) : eltype(entry))
    end
    return portable_type(T)
end

"Put an array into its pool, unless it is there already as it is; its number."
function put!(tape, array::Array{T}, identity) where {T}
    pool = pool_of!(tape, T)
    old = identity == 0 ? -1 : get(tape.seen, identity, -1)
    old >= 0 && is_held(tape, pool, old, array) && return old
    offset = length(pool)
    append_rows!(pool, array)
    tape.held += length(array)
    number = enlist!(tape, array, pool_number(tape, T), offset)
    identity == 0 || (tape.seen[identity] = number)
    return number
end

function enlist!(tape, array, kind, offset)
    push!(tape.starts, length(tape.values))
    push!(tape.values, kind, offset, ndims(array))
    append!(tape.values, size(array))
    return length(tape.starts) - 1
end

pool_number(tape, T) = findfirst(isequal(T), tape.types)
function pool_of!(tape, T)
    i = pool_number(tape, T)
    i === nothing || return tape.pools[i]::Vector{T}
    push!(tape.types, T)
    push!(tape.pools, T[])
    return tape.pools[end]::Vector{T}
end

append_rows!(pool, array::Vector) = append!(pool, array)
append_rows!(pool, array::Array) = append!(pool, ndims(array) < 2 ? vec(array) : rows(array))
function append_rows!(pool, array::Matrix)
    at = length(pool)
    resize!(pool, at + length(array))
    for i in axes(array, 1), j in axes(array, 2)
        pool[at+(i-1)*size(array, 2)+j] = array[i, j]
    end
end

"The entries in row-major order."
rows(array) = vec(permutedims(array, ndims(array):-1:1))

"Whether value number `old` has the shape and the bits of an array."
function is_held(tape, pool::Vector{T}, old, array::Array{T}) where {T}
    start = tape.starts[old+1]
    kind, offset, axes_of = tape.values[start+1], tape.values[start+2], tape.values[start+3]
    kind > 0 && tape.types[kind] == T && axes_of == ndims(array) || return false
    for i in 1:axes_of
        tape.values[start+3+i] == size(array, i) || return false
    end
    ndims(array) > 2 && return false
    columns = size(array, 2)
    for i in 1:size(array, 1), j in 1:columns
        pool[offset+(i-1)*columns+j] === array[i, j] || return false
    end
    return true
end

"The sketch of an array, which may be the last one of the same array, if that has not changed."
function sketch_once!(tape, array, identity)
    sum = checksum(array)
    old = get(tape.sketched, identity, nothing)
    identity != 0 && old !== nothing && old[1] == sum && return old[2]
    number = sketch!(tape, array)
    tape.sketched[identity] = (sum, number)
    return number
end

"A quick number that tells whether an array has changed; its digest takes fifty times as long."
function checksum(array)
    sum = hash(size(array))
    for entry in array
        sum = 31sum + bits(entry)
    end
    return sum
end

bits(number::Float64) = reinterpret(UInt64, number)
bits(number::Float32) = UInt64(reinterpret(UInt32, number))
bits(number) = hash(number)

"Norm, projection and digest in place of a large array, see Sketch in Python."
function sketch!(tape, array)
    entries = ndims(array) < 2 ? vec(array) : rows(array)
    for i in length(tape.cosines):length(entries)-1
        push!(tape.cosines, cos(i))
    end
    norm, projection = 0.0, 0.0
    for i in eachindex(entries)
        norm += abs2(ComplexF64(entries[i]))
        projection += real(entries[i]) * tape.cosines[i]
    end
    push!(tape.digests, bytes2hex(sha256(collect(reinterpret(UInt8, entries)))))
    pool = pool_of!(tape, Float64)
    push!(pool, sqrt(norm), projection)
    return enlist!(tape, array, -length(tape.digests), length(pool) - 2)
end

"All local variables before a statement: numbers, arrays, and lists of arrays."
function keep_scope!(tape, event, locals)
    for name in sort(collect(keys(locals)))
        label, value = string(name), locals[name]
        startswith(label, "#") && continue
        if value isa Vector && !(eltype(value) <: Number)
            found = Int[
                isassigned(value, i) ? whole!(tape, value[i]) : -1 for i in eachindex(value)
            ]
            push!(tape.scopes, event, number_of!(tape, label), 1, length(found))
            append!(tape.scopes, found)
        else
            found = whole!(tape, value)
            found < 0 || push!(tape.scopes, event, number_of!(tape, label), 0, 1, found)
        end
    end
end

"A copy that is never a sketch; of a list of lists none."
whole!(tape, value) =
    value isa Union{Number,AbstractArray{<:Number}} ? kept!(tape, value, WHOLE) : -1
