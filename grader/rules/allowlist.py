"""What learner code may use: modules with their names, attributes of values, built-ins.

Of modules everything is listed that may be used: a list of what may not would be left behind by the next release. Of
attributes it is the other way round, for nobody can list what learners call their own: refused is what the values
that learner code meets (tensors, generators, frames ...) have beyond the list, and a name that none of them has is the
submission's own, or Python's AttributeError.

What may be used must not reach further than its name says. Before a name is added here, look at what its value has:
`operator.attrgetter` reads any attribute from a text, `warnings.catch_warnings` keeps a module in an attribute,
`enum.global_enum` writes into a module, `x.storage()` has a method that reads files.
"""

from __future__ import annotations

import builtins
import enum
import types
import warnings
from collections.abc import Mapping
from functools import cache, partial

from grader.errors import CourseError, did_you_mean


def _words(text: str) -> frozenset[str]:
    """A set of the words of a text, so that long lists can be read and changed."""
    return frozenset(text.split())


# --- torch ------------------------------------------------------------------------------------------------

# Operations that torch has as functions and tensors as methods. Some are the answer of one exercise or another:
# these are refused there, by the exercise's `forbidden` in course.yml.
_OPERATIONS = _words("""
    abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv addr all allclose amax amin aminmax any arccos
    arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort asin asinh atan atan2 atanh baddbmm bernoulli
    bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm broadcast_to
    ceil chunk clamp clamp_max clamp_min clip clone concat concatenate conj copysign cos cosh count_nonzero cross cummax
    cummin cumprod cumsum deg2rad detach diag diag_embed diagflat diagonal diff div divide dot eq equal erf erfc erfinv
    exp exp2 expm1 flatten flip fliplr flipud float_power floor floor_divide fmax fmin fmod frac frexp full_like gather
    gcd ge ger greater greater_equal gt heaviside hypot index_add index_copy index_fill index_put index_select inner
    is_complex is_floating_point is_nonzero is_same_size isclose isfinite isin isinf isnan isneginf isposinf isreal
    kron kthvalue lcm ldexp le lerp less less_equal lgamma log log10 log1p log2 log_softmax logical_and logical_not
    logical_or logical_xor logit lt masked_fill masked_scatter masked_select matmul max maximum mean median min
    minimum mm mode moveaxis movedim msort mul multinomial multiply mv nan_to_num nanmean nanmedian nansum narrow
    ne neg negative nextafter nonzero norm not_equal numel outer permute positive pow prod put quantile rad2deg ravel
    reciprocal relu remainder repeat_interleave reshape resolve_conj roll rot90 round rsqrt scatter scatter_add
    scatter_reduce select sgn sigmoid sign signbit sin sinc sinh slice_scatter softmax sort split split_with_sizes
    sqrt square squeeze std sub subtract sum swapaxes swapdims t take take_along_dim tan tanh tensor_split tile topk
    trace transpose tril triu true_divide trunc unbind unflatten unique unique_consecutive unsqueeze var vdot
    adjoint angle argwhere corrcoef cov cholesky det digamma dist dsplit fix histc hsplit inverse logdet matrix_exp
    matrix_power nanquantile narrow_copy pinverse polygamma select_scatter slogdet vsplit
    view_as_real where xlogy zeros_like ones_like empty_like rand_like randn_like randint_like
""")

_TORCH = _OPERATIONS | _words("""
    Tensor Size Generator dtype device finfo iinfo no_grad inference_mode is_grad_enabled set_printoptions __version__
    tensor as_tensor scalar_tensor zeros ones full empty eye arange linspace logspace rand randn randint randperm
    normal cat stack hstack vstack dstack column_stack row_stack block_diag broadcast_tensors broadcast_shapes
    bucketize searchsorted cartesian_prod combinations chain_matmul einsum meshgrid tensordot tril_indices
    triu_indices vander var_mean std_mean is_tensor result_type promote_types can_cast get_default_dtype histogram
    manual_seed initial_seed seed get_rng_state set_rng_state Tensor FloatTensor DoubleTensor LongTensor IntTensor
    BoolTensor CharTensor ByteTensor ShortTensor
    float16 float32 float64 bfloat16 half float double int8 int16 int32 int64 short int long uint8 uint16 uint32
    uint64 bool inf nan pi e strided contiguous_format preserve_format channels_last
""")

# --- values -----------------------------------------------------------------------------------------------

_TENSOR = _words("""
    shape ndim dtype device data grad T mT H mH real imag is_leaf layout itemsize nbytes
    is_cuda is_cpu is_mps is_sparse is_quantized get_device requires_grad is_inference
    size dim ndimension nelement element_size stride storage_offset is_contiguous contiguous
    item tolist to cpu cuda type type_as float double half bfloat16 int long short char byte bool
    view view_as expand expand_as repeat unfold reshape_as index_reduce
    new_tensor new_zeros new_ones new_full new_empty cauchy_ exponential_ geometric_ log_normal_ normal_ random_
    sum_to_size is_signed new resize_ storage
    uniform_ zero_ fill_ copy_ fill_diagonal_ resize_as_ set_ swapaxes_
    values indices eps max min tiny smallest_normal resolution bits index
    manual_seed initial_seed seed get_state set_state
""")

_PYTHON = _words("""
    append extend insert remove pop clear index count sort reverse copy
    keys values items get setdefault update fromkeys popitem move_to_end
    add discard union intersection difference symmetric_difference intersection_update difference_update
    symmetric_difference_update issubset issuperset isdisjoint
    appendleft popleft extendleft rotate maxlen elements most_common total subtract default_factory new_child maps
    parents
    capitalize casefold center encode decode endswith startswith expandtabs find rfind rindex isalnum isalpha isascii
    isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join ljust rjust lower upper
    lstrip rstrip strip partition rpartition replace removeprefix removesuffix split rsplit splitlines swapcase title
    zfill hex fromhex translate maketrans
    real imag conjugate numerator denominator as_integer_ratio is_integer bit_length bit_count to_bytes from_bytes
    start stop step indices send throw close value args with_traceback add_note errno
    setter getter deleter fget fset fdel func keywords cache_clear cache_info from_iterable register
    _asdict _replace _fields _make _field_defaults
""")

# Methods that a class may define, and that may be called by name: super().__init__(), self.__add__(other).
DUNDER_METHODS = _words("""
    __init__ __post_init__ __repr__ __str__ __len__ __getitem__ __setitem__ __delitem__ __iter__ __next__ __contains__
    __reversed__ __call__ __bool__ __float__ __int__ __index__ __complex__ __hash__ __eq__ __ne__ __lt__ __le__ __gt__
    __ge__ __neg__ __pos__ __abs__ __invert__ __round__ __trunc__ __floor__ __ceil__
    __add__ __radd__ __iadd__ __sub__ __rsub__ __isub__ __mul__ __rmul__ __imul__ __truediv__ __rtruediv__
    __itruediv__ __floordiv__ __rfloordiv__ __ifloordiv__ __mod__ __rmod__ __imod__ __divmod__ __rdivmod__ __pow__
    __rpow__ __ipow__ __matmul__ __rmatmul__ __imatmul__ __and__ __rand__ __iand__ __or__ __ror__ __ior__ __xor__
    __rxor__ __ixor__ __lshift__ __rlshift__ __ilshift__ __rshift__ __rrshift__ __irshift__
    __copy__ __deepcopy__ __enter__ __exit__ __length_hint__ __missing__
""")

# Methods that a class may define, and that may be called as super().__setattr__(...) only: there they act on an
# instance of the submission's own class, elsewhere on whatever they are given.
DUNDER_HOOKS = _words("""
    __new__ __setattr__ __delattr__ __getattr__ __set_name__ __get__ __set__ __delete__ __init_subclass__
    __class_getitem__ __format__ __sizeof__ __aenter__ __aexit__ __aiter__ __anext__ __await__
""")
DUNDER_VALUES = _words("__slots__ __hash__ __match_args__ __all__ __version__ __author__ __module__ __doc__")
DUNDER_READABLE = _words(
    "__name__ __qualname__ __doc__ __class__ __version__ __members__ __cause__ __context__"
)

# These read attributes whose names stand in a text, so the text itself has to be looked at.
FORMATTING = _words("format format_map")

# --- the other modules ------------------------------------------------------------------------------------

_COLLECTIONS_ABC = _words("""
    Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView
    MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView
""")

_MODULES: Mapping[str, frozenset[str]] = {
    "torch": _TORCH,
    "torch.linalg": _words("norm vector_norm matrix_norm multi_dot"),
    "torch.cuda": _words("is_available device_count"),
    "torch.backends": frozenset(),
    "torch.backends.mps": _words("is_available"),
    # What torch also has under a shorter name, and what only arranges entries. The rest of torch.nn is built here.
    "torch.nn": frozenset(),
    "torch.nn.functional": _words("one_hot pad unfold fold relu sigmoid tanh softmax log_softmax"),
    "math": _words("""
        acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2 expm1
        fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm ldexp
        lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt sumprod tan
        tanh tau trunc ulp
    """),
    "typing": _COLLECTIONS_ABC
    | _words("""
        AbstractSet Annotated Any AnyStr ClassVar Concatenate Counter DefaultDict Deque Dict Final FrozenSet Generic
        List Literal LiteralString NamedTuple Never NewType NoReturn NotRequired Optional OrderedDict ParamSpec
        Protocol Required Self Sequence Set SupportsAbs SupportsFloat SupportsIndex SupportsInt SupportsRound Text
        Tuple Type TypeAlias TypeGuard TypeVar TypeVarTuple TypedDict Union Unpack TYPE_CHECKING
        assert_never cast final overload override runtime_checkable
    """),
    "collections": _words("ChainMap Counter OrderedDict defaultdict deque namedtuple"),
    "collections.abc": _COLLECTIONS_ABC,
    "dataclasses": _words(
        "FrozenInstanceError InitVar KW_ONLY MISSING asdict astuple dataclass field fields replace"
    ),
    "itertools": _words("""
        accumulate batched chain combinations combinations_with_replacement compress count cycle dropwhile filterfalse
        groupby islice pairwise permutations product repeat starmap takewhile tee zip_longest
    """),
    "functools": _words(
        "cache cached_property cmp_to_key lru_cache partial partialmethod reduce total_ordering wraps"
    ),
    "abc": _words("ABC ABCMeta abstractmethod"),
    "bisect": _words("bisect bisect_left bisect_right insort insort_left insort_right"),
    "contextlib": _words(
        "AbstractContextManager ContextDecorator ExitStack closing contextmanager nullcontext suppress"
    ),
    "copy": _words("copy deepcopy"),
    "datetime": _words("date datetime timedelta timezone"),
    "decimal": _words("Decimal ROUND_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP"),
    "enum": _words("Enum EnumMeta EnumType Flag IntEnum IntFlag StrEnum auto nonmember member unique"),
    "fractions": _words("Fraction"),
    "heapq": _words("heapify heappop heappush heappushpop heapreplace merge nlargest nsmallest"),
    "json": _words("dumps loads"),
    "numbers": _words("Complex Integral Number Rational Real"),
    # Without attrgetter and methodcaller, which read names from texts.
    "operator": _words("""
        abs add and_ call concat contains countOf delitem eq floordiv ge getitem gt iadd iand iconcat ifloordiv
        ilshift imatmul imod imul index indexOf inv invert ior ipow irshift is_ is_not isub itemgetter itruediv ixor
        le length_hint lshift lt matmul mod mul ne neg not_ or_ pos pow rshift setitem sub truediv truth xor
    """),
    "pprint": _words("pformat pp pprint"),
    "re": _words("""
        A ASCII DOTALL I IGNORECASE M MULTILINE Match Pattern S VERBOSE X compile escape findall finditer fullmatch
        match search split sub subn
    """),
    "statistics": _words("""
        NormalDist StatisticsError fmean geometric_mean harmonic_mean mean median median_high median_low mode
        multimode pstdev pvariance quantiles stdev variance
    """),
    "string": _words("ascii_letters ascii_lowercase ascii_uppercase capwords digits punctuation whitespace"),
    "sys": _words("byteorder float_info getsizeof int_info maxsize platform version version_info"),
    "textwrap": _words("dedent fill indent shorten wrap"),
    "time": _words("monotonic monotonic_ns perf_counter perf_counter_ns process_time sleep time time_ns"),
    "traceback": _words("format_exc print_exc"),
    "types": _words("MappingProxyType NoneType SimpleNamespace"),
    "warnings": _words("catch_warnings filterwarnings simplefilter warn"),
    "__future__": _words("annotations"),
}

# Names that stand in a `with` or above a function only. Whoever has the object could set what it restores when it is
# left: gradients switched on, a module's functions exchanged.
CONTEXTS = _words("torch.no_grad torch.inference_mode warnings.catch_warnings")
# Of more arguments these make classes, or read names from texts.
ONE_ARGUMENT = _words("type functools.wraps")

# Modules of single chapters: course.yml names them under `imports`.
_EXTRA_MODULES: Mapping[str, Mapping[str, frozenset[str]]] = {
    "numpy": {
        "torch": _TORCH | {"from_numpy"},
        "numpy": _words("""
            abs all allclose amax amin any arange argmax argmin argsort array array_equal array_split asarray
            ascontiguousarray atleast_1d atleast_2d bincount bool_ broadcast_arrays broadcast_to ceil clip
            concatenate copy cos cumprod cumsum diff divide dot dtype e einsum empty empty_like equal exp expand_dims
            expm1 eye finfo flip float16 float32 float64 floating floor full full_like generic greater greater_equal
            hstack identity iinfo inf inner int16 int32 int64 int8 integer isclose isfinite isinf isnan issubdtype
            less less_equal linspace log log1p logical_and logical_not logical_or logical_xor matmul max maximum mean
            min minimum moveaxis multiply nan ndarray ndim negative newaxis nonzero number ones ones_like outer pi
            power prod ravel reciprocal repeat reshape rint roll round shape sign sin size sort split sqrt square
            squeeze stack std subtract sum swapaxes take tensordot tile trace transpose tril triu trunc uint16 uint32
            uint64 uint8 unique var vstack where zeros zeros_like
        """),
    },
    "onnx": {
        "onnx": _words("""
            AttributeProto FunctionProto GraphProto IR_VERSION ModelProto NodeProto OperatorSetIdProto TensorProto
            TensorShapeProto TypeProto ValueInfoProto
        """),
        "onnx.helper": _words("""
            get_attribute_value get_node_attr_value make_attribute make_empty_tensor_value_info
            make_graph make_model make_model_gen_version make_node make_operatorsetid make_opsetid make_tensor
            make_tensor_type_proto make_tensor_value_info make_value_info np_dtype_to_tensor_dtype printable_attribute
            printable_graph printable_node printable_value_info strip_doc_string tensor_dtype_to_np_dtype
        """),
        "onnx.numpy_helper": _words("from_array to_array"),
        "onnx.checker": _words(
            "ValidationError check_attribute check_graph check_model check_node check_tensor"
        ),
        "onnx.shape_inference": _words("InferenceError infer_shapes"),
        "onnx.defs": _words("onnx_opset_version"),
    },
}

_EXTRA_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "numpy": _words("numpy astype dot nbytes itemsize base fill tobytes"),
    "onnx": _words("""
        graph node initializer input output value_info attribute name op_type domain doc_string type f i s t g floats
        ints strings tensors tensor_type elem_type shape dim dim_value dim_param dims data_type float_data int32_data
        int64_data double_data raw_data string_data opset_import ir_version version producer_name producer_version
        model_version metadata_props key value functions
        CopyFrom MergeFrom Clear ClearField HasField WhichOneof ListFields ByteSize SerializeToString ParseFromString
        FromString IsInitialized
        UNDEFINED FLOAT FLOAT16 BFLOAT16 DOUBLE INT8 INT16 INT32 INT64 UINT8 UINT16 UINT32 UINT64 BOOL STRING
        INT FLOATS INTS STRINGS TENSOR TENSORS GRAPH GRAPHS
    """),
}

# --- built-ins --------------------------------------------------------------------------------------------

BUILTINS = _words("""
    abs all any ascii bin bool bytearray bytes callable chr classmethod dict divmod enumerate filter float
    format frozenset hasattr hash hex id int isinstance issubclass iter len list map max min next object oct ord pow
    print property range repr reversed round set slice sorted staticmethod str sum super tuple type zip
    True False None NotImplemented Ellipsis __debug__ __name__ __doc__
""") | {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}

# --- classes to derive from -------------------------------------------------------------------------------

BASES = (
    frozenset(f"collections.abc.{name}" for name in _COLLECTIONS_ABC)
    | frozenset(
        f"typing.{name}" for name in _COLLECTIONS_ABC | _words("Generic NamedTuple Protocol TypedDict")
    )
    | frozenset(f"enum.{name}" for name in _words("Enum Flag IntEnum IntFlag StrEnum"))
    | frozenset(f"numbers.{name}" for name in _MODULES["numbers"])
    | frozenset(f"collections.{name}" for name in _words("Counter OrderedDict defaultdict deque"))
    | _words("abc.ABC contextlib.AbstractContextManager contextlib.ContextDecorator types.SimpleNamespace")
    | _words("object str bytes int float dict list tuple set frozenset")
    | frozenset(
        name
        for name in BUILTINS
        if name in vars(builtins)
        and isinstance(getattr(builtins, name), type)
        and issubclass(getattr(builtins, name), BaseException)
    )
)
METACLASSES = _words("abc.ABCMeta enum.EnumMeta enum.EnumType")
# Their calls make classes with the named fields, which one's own may derive from as well.
RECORD_MAKERS = _words("collections.namedtuple typing.NamedTuple")

# --- what a chapter may use -------------------------------------------------------------------------------


def modules_for(imports: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """Every module that a chapter with these further imports may use, with the names that are open in it.

    Raises:
        CourseError: nobody has written down what may be used of a module.
    """
    found = dict(_MODULES)
    for name in imports:
        if name in _EXTRA_MODULES:
            found |= _EXTRA_MODULES[name]
        elif name not in _MODULES:
            step = "add it to _EXTRA_MODULES in grader/rules/allowlist.py"
            near = did_you_mean(name, _EXTRA_MODULES)
            raise CourseError(f"no names of the module {name} are listed{near}", "course.yml, imports", step)
    return found


def attributes_for(imports: tuple[str, ...]) -> frozenset[str]:
    """Every attribute that values may be asked for.

    Args:
        imports: the further modules of the chapter, which bring attributes of their own.
    """
    in_place = frozenset(f"{name}_" for name in _OPERATIONS)
    extra = (_EXTRA_ATTRIBUTES.get(name, frozenset()) for name in imports)
    return (_OPERATIONS | in_place | _TENSOR | _PYTHON).union(*extra)


@cache
def taken_attributes() -> frozenset[str]:
    """Attributes of the values that learner code meets; beyond those listed, none of them is open.

    Without this, `self.gi_frame = None` in some class would open the way to the interpreter, and `from_file` on a
    class would open the one of storages, which reads files.

    Returns:
        Names; asked for on a value whose class is not known, each is refused unless it is listed.
    """
    import torch

    met: list[type] = [torch.Tensor, torch.Generator, torch.Size, torch.dtype, torch.device, torch.finfo]
    # These are handed to whoever makes a class with __torch_dispatch__, and run operations unseen.
    met += [torch._ops.OpOverload, torch._ops.OpOverloadPacket, torch._C.DispatchKeySet]
    met += [torch.TypedStorage, torch.UntypedStorage, torch.no_grad]
    met += [str, bytes, int, float, complex, bool, list, tuple, dict, set, slice, range, property, partial]
    met += [
        types.FrameType,
        types.GeneratorType,
        types.CoroutineType,
        types.AsyncGeneratorType,
        types.CodeType,
    ]
    met += [types.TracebackType, types.FunctionType, types.MethodType, types.BuiltinFunctionType]
    met += [types.ModuleType, AttributeError, NameError, ImportError, StopIteration, OSError, SyntaxError]
    met += [enum.Enum, enum.Flag, type(enum.Enum), warnings.catch_warnings]
    classes = {part for kind in met for owner in (kind, type(kind)) for part in owner.__mro__}
    # dir() of an enumeration leaves out `_convert_`, which reads all names of a module: ask the classes themselves.
    return frozenset(name for part in classes for name in vars(part)) - _HARMLESS | _IN_INSTANCES


@cache
def may_be_own(name: str) -> bool:
    """Whether a class of the submission may have an attribute of that name, though tensors have it as well.

    It may if it is an operator of ATen: met on a tensor instead, it is judged where it runs, whatever it is called.
    What moves tensors to where the sandbox has no eyes, or out of torch, is not among them.

    Args:
        name: that the submission's own class defines.
    """
    import torch

    if name in _HARMLESS_IF_OWN:
        return True
    if name in _LEAVES_THE_CPU or name.startswith("_"):
        return False
    return hasattr(torch.ops.aten, name) or hasattr(torch.ops.aten, name.rstrip("_"))


_LEAVES_THE_CPU = _words("""
    requires_grad_ retain_grad from_file to_mkldnn to_sparse to_sparse_csr to_sparse_csc to_sparse_bsr to_sparse_bsc
    set_data record_stream pin_memory numpy data_ptr share_memory_ as_subclass
""")

# Neither operators nor dangerous: on a tensor or storage they tell a size or a flag, or do nothing without gradients;
# `_op` of one of torch's operations is what calling it calls.
_HARMLESS_IF_OWN = _words("""
    _size _nbytes _dtype _getitem _setitem _deepcopy _element_size _expired _weak_ref _resize_ _grad_fn grad_fn _to
    _missing_ _generate_next_value_ abbr apply_ map_ map2_ lu lstsq eig symeig reinforce resizable register_hook
    get_offset set_offset dim_order is_shared is_nested is_meta mps xpu _nnz _use_count _conj _backward_hooks
    _op
""")

# What objects of these classes have beyond what their classes show.
_IN_INSTANCES = _words(
    "_module _op _op_dk _schema _overloadpacket _qualified_op_name _overload_names _dir _tags"
)

# What leads from generators, coroutines, tracebacks and code to the interpreter's own variables.
INTERPRETER = frozenset(
    name
    for kind in (
        *(types.FrameType, types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType),
        *(types.TracebackType, types.CodeType),
    )
    for name in vars(kind)
    if name.startswith(("f_", "gi_", "cr_", "ag_", "tb_", "co_"))
)

# Names of torch.Tensor, of exceptions or of types that learners' classes use as well, and that lead nowhere: without
# requires_grad nothing is recorded that backward() could follow.
_HARMLESS = _words("""
    backward grad _grad name names module mode output_nr text msg lineno filename path offset
    _base _indices _values _version _is_view volatile solve mro prev clone
    strerror characters_written print_file_and_line end_lineno end_offset
""")
