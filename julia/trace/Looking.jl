# What a place holds when it is looked at, and whether that has changed.

"Note the values of places; what stands for no data, a function say, is none."
function look!(tape, places, @nospecialize(values), step)
    i = 1
    for place in places
        value = values[i]
        i += place.form == :whole ? 1 : 2
        value isa Union{Function,Type,Module} && continue
        if place.form == :whole
            push_access!(tape, place.name, NONE, kept!(tape, value, step))
        else
            look_inside!(tape, place, value, values[i-1], step)
        end
    end
end

const Indexed = Union{AbstractArray,Tuple,AbstractDict,Nothing}

function look_inside!(tape, place, @nospecialize(value), @nospecialize(index), step)
    if !(index isa Integer) || index isa Bool || !(value isa Indexed)
        push_access!(tape, place.name, NONE, kept!(tape, value, step))
    elseif place.form == :entry
        kept = kept!(tape, entry_of(value, index), step)
        push_access!(tape, place.name, Int(index) - 1, kept)
    else
        kept = kept!(tape, slice_of(value, place.axis, index), step)
        push_access!(tape, place.name, Int(index) - 1, kept)
    end
end

entry_of(value::AbstractArray, index) =
    checkbounds(Bool, value, index) && isassigned(value, index) ? value[index] : nothing
entry_of(value::Tuple, index) = 1 <= index <= length(value) ? value[index] : nothing
entry_of(value::AbstractDict, index) = get(value, index, nothing)
entry_of(value, index) = nothing

slice_of(value, axis, index) = nothing
function slice_of(value::AbstractArray, axis, index)
    axis <= ndims(value) && 1 <= index <= size(value, axis) || return nothing
    return collect(selectdim(value, axis, index))
end

function push_access!(tape, name, step, value)
    push!(tape.accesses, number_of!(tape, name), step, value)
    return
end

function number_of!(tape, name)
    get!(tape.number_of, name) do
        push!(tape.names, name)
        length(tape.names) - 1
    end
end

"The arguments that a call has changed: of a list the entries that are new, where they are few."
function changes!(tape, places, @nospecialize(values), open)
    marks = signatures(places, values)
    i = 1
    for (j, place) in enumerate(places)
        value, index = values[i], place.form == :whole ? nothing : values[i+1]
        i += place.form == :whole ? 1 : 2
        marks[j] == open.before[j] && continue
        if place.form != :whole
            look_inside!(tape, place, value, index, open.step)
        elseif value isa Vector && !(eltype(value) <: Number)
            new = changed(open.before[j], marks[j])
            if length(new) > max(1, length(value) ÷ 2)
                push_access!(tape, place.name, NONE, kept!(tape, value, open.step))
                continue
            end
            for entry in new
                kept = kept!(tape, entry_of(value, entry), open.step)
                push_access!(tape, place.name, entry - 1, kept)
            end
        else
            push_access!(tape, place.name, NONE, kept!(tape, value, open.step))
        end
    end
end

changed(before, now) = filter(i -> i > length(before) || before[i] != now[i], eachindex(now))

"Numbers that tell whether what a place holds has changed; of a list one for each entry."
function signatures(places, @nospecialize(values))
    marks = Vector{UInt}[]
    i = 1
    for place in places
        value = place.form == :entry ? entry_of(values[i], values[i+1]) :
            place.form == :slice ? slice_of(values[i], place.axis, values[i+1]) : values[i]
        i += place.form == :whole ? 1 : 2
        several = value isa Vector && !(eltype(value) <: Number)
        push!(marks, several ? entry_signatures(value) : [signature(value)])
    end
    return marks
end

entry_signatures(list) =
    UInt[isassigned(list, i) ? signature(list[i]) : UInt(0) for i in eachindex(list)]

signature(@nospecialize(value)) = value isa Number ? hash(value) : objectid(value)
function signature(array::AbstractArray)
    mark = hash(size(array))
    for i in eachindex(array)
        mark = isassigned(array, i) ? hash(signature(array[i]), mark) : hash(mark)
    end
    return mark
end
