"""What learner code may use: modules with their names, attributes of values, built-ins; and why the rest is refused.

Everything is listed that may be used. A list of what may not be used would be left behind by the next release.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from grader.errors import CourseError


def _words(text: str) -> frozenset[str]:
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
    Tensor Size Generator dtype device finfo iinfo no_grad
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
DUNDER_VALUES = _words("__slots__ __hash__ __match_args__ __all__ __version__ __author__")
DUNDER_READABLE = _words("__name__ __qualname__ __doc__")

# Never, whatever a class of the submission calls its own: format reads attributes that are named in a text.
NEVER = _words("format format_map")

# --- the other modules ------------------------------------------------------------------------------------

_COLLECTIONS_ABC = _words("""
    Callable Collection Container Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView
    MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView
""")

_MODULES: Mapping[str, frozenset[str]] = {
    "torch": _TORCH,
    "torch.linalg": _words("norm vector_norm matrix_norm multi_dot"),
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
    "__future__": _words("annotations"),
}

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
    True False None NotImplemented Ellipsis __debug__
    ArithmeticError AssertionError AttributeError BufferError DeprecationWarning EOFError Exception FloatingPointError
    FutureWarning ImportError IndexError KeyError LookupError MemoryError NameError NotImplementedError OverflowError
    RecursionError ReferenceError RuntimeError RuntimeWarning StopIteration SyntaxError TypeError UnboundLocalError
    UserWarning ValueError Warning ZeroDivisionError
""")

# --- decorators and bases ---------------------------------------------------------------------------------

DECORATORS = _words("""
    property staticmethod classmethod dataclasses.dataclass functools.cache functools.cached_property
    functools.lru_cache functools.total_ordering functools.wraps torch.no_grad typing.final
    typing.overload typing.override typing.runtime_checkable
""")
BASES = (
    frozenset(f"collections.abc.{name}" for name in _COLLECTIONS_ABC)
    | frozenset(
        f"typing.{name}" for name in _COLLECTIONS_ABC | _words("Generic NamedTuple Protocol TypedDict")
    )
    | frozenset(name for name in BUILTINS if name.endswith(("Error", "Exception", "Warning", "Iteration")))
    | {"object"}
)


# --- what a chapter may use -------------------------------------------------------------------------------


def modules_for(imports: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """Every module that a chapter with these further imports may use, with the names that are open in it."""
    found = dict(_MODULES)
    for name in imports:
        if name in _EXTRA_MODULES:
            found |= _EXTRA_MODULES[name]
        elif name not in _MODULES:
            step = "add it to _EXTRA_MODULES in grader/rules/allowlist.py"
            raise CourseError(f"no names of the module {name} are listed", "course.yml, imports", step)
    return found


def attributes_for(imports: tuple[str, ...]) -> frozenset[str]:
    """Every attribute that values may be asked for."""
    in_place = frozenset(f"{name}_" for name in _OPERATIONS)
    extra = (_EXTRA_ATTRIBUTES.get(name, frozenset()) for name in imports)
    return (_OPERATIONS | in_place | _TENSOR | _PYTHON).union(*extra)


@cache
def taken_attributes() -> frozenset[str]:
    """Attributes of the values that learner code meets. A class of its own cannot open them by using the name.

    Without this, `self.softmax_backward_data = None` somewhere would allow that attribute on every tensor, and
    `self.gi_frame = None` would open the way to the interpreter.
    """
    import types
    from functools import partial

    import torch

    met: list[type] = [
        torch.Tensor,
        torch.Generator,
        torch.Size,
        torch.dtype,
        torch.device,
        torch.finfo,
        type,
    ]
    met += [str, bytes, int, float, complex, bool, list, tuple, dict, set, slice, range, property, partial]
    met += [
        types.FrameType,
        types.GeneratorType,
        types.CoroutineType,
        types.AsyncGeneratorType,
        types.CodeType,
    ]
    met += [
        types.TracebackType,
        types.FunctionType,
        types.MethodType,
        types.BuiltinFunctionType,
        types.ModuleType,
    ]
    met += [AttributeError, NameError, ImportError, StopIteration, OSError, SyntaxError]
    return frozenset(name for kind in met for name in dir(kind)) - _HARMLESS


# Names of torch.Tensor that learners' classes use as well, and that lead nowhere on a tensor: without
# requires_grad nothing is recorded that backward() could follow.
_HARMLESS = _words("""
    backward grad _grad name names module mode output_nr text msg lineno filename path offset
    _base _indices _values _version _is_view volatile solve
""")


# --- why not ----------------------------------------------------------------------------------------------

_BY_HAND = "gradients are written by hand here"
_EVERY_DEVICE = "one program runs on every device; pass x.device on"
_BUILD = "build it from elementary operations"

_REASONS: Mapping[str, str] = {
    "softmax": "softmax is built from exp, max and sum here",
    "log_softmax": "log_softmax is built from exp, log, max and sum here",
    "logsumexp": "logsumexp is built from exp, log, max and sum here",
    "logcumsumexp": "logcumsumexp is a logsumexp under another name; build it from exp, log, max and sum",
    "logaddexp": "logaddexp is a logsumexp of two; build it from exp, log and max",
    "logaddexp2": "logaddexp2 is a logsumexp of two; build it from exp, log and max",
    "softplus": "softplus is built from exp, log1p and max here",
    "sigmoid": "sigmoid is built from exp here",
    "tanh": "tanh is built from exp here",
    "tan": "tan of an imaginary number is tanh; build it from exp",
    "complex": "the course needs real numbers only",
    "complex64": "the course needs real numbers only",
    "complex128": "the course needs real numbers only",
    "relu": "relu is built from a comparison or a maximum here",
    "norm": "a norm is built from abs, powers and sum here",
    "vector_norm": "a norm is built from abs, powers and sum here",
    "linalg": "a norm is built from abs, powers and sum here",
    "clamp": "clipping is built from a comparison, maximum or minimum here",
    "layer_norm": "layer norm is built from mean and var here",
    "native_layer_norm": "layer norm is built from mean and var here",
    "batch_norm": "batch norm is built from mean and var here",
    "native_batch_norm": "batch norm is built from mean and var here",
    "rms_norm": "rms norm is built from mean and sqrt here",
    "dropout": "dropout is built from random numbers and a mask here",
    "cross_entropy": "cross entropy is built from log and sum here",
    "scaled_dot_product_attention": "attention holds a softmax; build it from exp, max and sum",
    "numpy": "tensors stay tensors here; torch has the operation",
    "backward": _BY_HAND,
    "requires_grad": _BY_HAND,
    "requires_grad_": _BY_HAND,
    "grad_fn": _BY_HAND,
    "enable_grad": _BY_HAND,
    "set_grad_enabled": _BY_HAND,
    "is_cuda": _EVERY_DEVICE,
    "is_cpu": _EVERY_DEVICE,
    "is_meta": _EVERY_DEVICE,
    "get_device": _EVERY_DEVICE,
    "apply_": "write the operation on the whole tensor; it runs on the CPU alone otherwise",
    "map_": "write the operation on the whole tensor; it runs on the CPU alone otherwise",
    "format": 'write an f-string: f"{value:.3f}"',
    "format_map": 'write an f-string: f"{value:.3f}"',
    "getattr": "write value.name, so that it can be read which name it is",
    "setattr": "write value.name = ..., so that it can be read which name it is",
    "open": "nothing is read from files or written to them here",
    "input": "nobody is there to type an answer",
    "compile": "write the statements themselves",
    "vars": "name the attributes one by one",
    "eval": "write the expression itself",
    "exec": "write the statements themselves",
    "__import__": "imports stand at the top of the file",
    "__class__": "write type(x)",
    "__dict__": "name the attributes one by one",
}

_MODULE_REASONS: Mapping[str, str] = {
    "torch.nn": "layers, activations and losses are what you build here",
    "torch.optim": "optimizers are what you build here",
    "torch.autograd": _BY_HAND,
    "torch.func": _BY_HAND,
    "torch.special": _BUILD,
    "torch.linalg": _BUILD,
    "torch.distributions": _BUILD,
    "torch.ops": _BUILD,
    "torch._C": _BUILD,
    "torch.utils": "loading data is what you build here",
    "numpy": "tensors stay tensors here; torch has the operation",
    "scipy": "tensors stay tensors here; torch has the operation",
    "onnx.load": "models come as arguments here, not from files",
    "onnx.save": "models go back as results here, not into files",
    "onnx.reference": "running the model is what you build here",
    "onnxruntime": "running the model is what you build here",
    "operator": "write the operation itself, or a lambda",
    "random": "random numbers come from torch, with a generator",
    "copy": "write x.clone() for a tensor, list(x) for a list",
}


def why_not(name: str, otherwise: str = "it is not among the elementary operations of this course") -> str:
    """The reason why a dotted name, an attribute or a built-in is refused."""
    if name.startswith((".", "ch0", "ch1")):
        return "chapters stand alone; write the function here as well"
    last = name.rpartition(".")[2]
    for key in (name, last, last.rstrip("_"), last.lstrip("_")):
        if key in _REASONS:
            return _REASONS[key]
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        reason = _MODULE_REASONS.get(".".join(parts[:length]))
        if reason:
            return reason
    return otherwise
