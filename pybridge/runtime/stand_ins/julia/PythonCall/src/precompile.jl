# No stand-in, but an addition: what a start of juliacall and its `seval` call, for Julia to infer
# once, when it makes the cache of this package. Saves a third of a second of each start.
foreach(m -> precompile(m.__init__, ()), (C, GC, Core, Convert, Wrap, JlWrap, JlWrap.Cjl, Compat))

let Py = Core.Py, PyPtr = Ptr{C.PyObject}, Cjl = JlWrap.Cjl
    precompile(JlWrap.pyjl, (Py, Module))
    precompile(JlWrap.pyjlmodule_seval, (Module, Py))
    precompile(Cjl._pyjl_callmethod, (Any, PyPtr, PyPtr, Int))
    for method in (Cjl._pyjl_callmethod, Cjl._pyjl_isnull, Cjl._pyjl_reduce, Cjl._pyjl_deserialize)
        precompile(method, (PyPtr, PyPtr))
    end
    precompile(Cjl._pyjl_new, (PyPtr, PyPtr, PyPtr))
    precompile(Cjl._pyjl_dealloc, (PyPtr,))
    precompile(Cjl._pyjl_get_buffer, (PyPtr, Ptr{C.Py_buffer}, Cint))
    precompile(Cjl._pyjl_release_buffer, (PyPtr, Ptr{C.Py_buffer}))
    precompile(Convert.pyconvert_add_rule, (String, Type, Function, Convert.PyConvertPriority))
    precompile(Py, (String,))
    precompile(Py, (Nothing,))
    precompile(Core.py_finalizer, (Py,))
    precompile(Core.pystr_asstring, (Py,))
    precompile(Core.pystr_fromUTF8, (Ptr{UInt8}, Int))
    precompile(Core.pyhasattr, (Py, String))
    precompile(Core.pygetitem, (Py, String))
end
