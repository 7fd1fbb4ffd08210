# PythonCall asks CondaPkg for a Python when Julia is started first. Here Python always is: it
# loads Julia, and PythonCall then asks none of this. `:Null` is CondaPkg's word for "no Conda";
# with it a Julia that is started by itself takes the `python` on PATH.
module CondaPkg

backend() = :Null
envdir(_...) = error("there is no Conda environment in xcheck's private install")
activate!(environment) = environment

end
