# PythonCall adds methods to `istable`, `columnaccess` and `columns` so that a pandas data frame is
# a Julia table, and calls the others inside `pytable` and `PyPandasDataFrame`. xcheck hands over
# arrays and strings, never tables: the names have to exist, and a table that someone does ask for
# ends in a MethodError.
module Tables

istable(x) = istable(typeof(x))
istable(::Type) = false
columnaccess(_) = false
rowaccess(_) = false

function columns end
function rows end
function columnnames end
function getcolumn end

struct Schema end
struct DictColumnTable end
const OrderedDict = Dict

end
