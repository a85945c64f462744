// What g++ calls in the kernel of `make debug` where behaviour is undefined (-fsanitize=undefined -fno-sanitize-recover): says what and
// where on the debug console, and panics. Linked into that kernel only, and not itself sanitized. One handler for each check that g++ has
// without run-time types, floating point and C's variable arrays.
//
// The layouts are libsanitizer's (GCC: libsanitizer/ubsan/ubsan_value.h, ubsan_handlers.h), which the compiler fills in.
#include "base/check.hh"
#include "base/log.hh"

namespace kine {
namespace {

struct Place {
  const char* file;
  uint32_t line;
  uint32_t column;
};

struct Type {
  uint16_t kind;  // 0: an integer
  uint16_t info;  // of an integer: bit 0: signed; above: log2 of its bits
  char name[1];   // quoted, and ended by NUL
};

// Of a check that tells no more than where.
struct At {
  Place place;
};
struct OfType {
  Place place;
  const Type* type;
};
struct OfTwoTypes {
  Place place;
  const Type* left;
  const Type* right;
};
struct Mismatch {
  Place place;
  const Type* type;
  uint8_t log2_alignment;
  uint8_t access;  // index of kAccesses
};
struct Argument {
  Place place;
  Place attribute;
  int number;
};

// An integer of up to 64 bits, or the address of a larger one.
using Value = uint64_t;

template <class... Arguments>
[[noreturn]] void undefined(const Place& place, const char* what, Arguments... arguments) {
  print("kine: UBSan: {}:{}:{}: ", {place.file, place.line, place.column});
  print(what, {LogArgument(arguments)...});
  print("\n", {});
  panic("undefined behaviour");
}

LogArgument number(const Type* type, Value value) {
  const unsigned bits = 1U << (type->info >> 1);
  if (type->kind != 0 || bits > 64) return "(a number of another kind)";
  if (type->info & 1) return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
  return value;
}

VirtAddr address(Value value) { return {value}; }

constexpr const char* kAccesses[] = {"load of", "store to", "reference to", "member access within", "member call on", "construction of"};

[[noreturn]] void mismatch(const Mismatch& data, Value pointer) {
  const bool known = data.access < sizeof kAccesses / sizeof kAccesses[0];
  const char* const access = known ? kAccesses[data.access] : "cast of";
  const uint64_t alignment = uint64_t{1} << data.log2_alignment;
  if (pointer == 0) undefined(data.place, "{} null pointer of type {}", access, data.type->name);
  if (pointer % alignment != 0)
    undefined(data.place, "{} misaligned address {} of type {}, which needs {} bytes", access, address(pointer), data.type->name,
              alignment);
  undefined(data.place, "{} address {} with too little room for type {}", access, address(pointer), data.type->name);
}

}  // namespace

extern "C" {

[[noreturn]] void __ubsan_handle_type_mismatch_v1_abort(const Mismatch& data, Value pointer) { mismatch(data, pointer); }
[[noreturn]] void __ubsan_handle_add_overflow_abort(const OfType& data, Value left, Value right) {
  undefined(data.place, "{} + {} does not fit type {}", number(data.type, left), number(data.type, right), data.type->name);
}
[[noreturn]] void __ubsan_handle_sub_overflow_abort(const OfType& data, Value left, Value right) {
  undefined(data.place, "{} - {} does not fit type {}", number(data.type, left), number(data.type, right), data.type->name);
}
[[noreturn]] void __ubsan_handle_mul_overflow_abort(const OfType& data, Value left, Value right) {
  undefined(data.place, "{} * {} does not fit type {}", number(data.type, left), number(data.type, right), data.type->name);
}
[[noreturn]] void __ubsan_handle_negate_overflow_abort(const OfType& data, Value value) {
  undefined(data.place, "-({}) does not fit type {}", number(data.type, value), data.type->name);
}
[[noreturn]] void __ubsan_handle_divrem_overflow_abort(const OfType& data, Value left, Value right) {
  undefined(data.place, "{} divided by {} does not fit type {}", number(data.type, left), number(data.type, right), data.type->name);
}
[[noreturn]] void __ubsan_handle_shift_out_of_bounds_abort(const OfTwoTypes& data, Value left, Value right) {
  undefined(data.place, "{} of type {} shifted by {}", number(data.left, left), data.left->name, number(data.right, right));
}
[[noreturn]] void __ubsan_handle_out_of_bounds_abort(const OfTwoTypes& data, Value index) {
  undefined(data.place, "index {} is not within type {}", number(data.right, index), data.left->name);
}
[[noreturn]] void __ubsan_handle_load_invalid_value_abort(const OfType& data, Value value) {
  undefined(data.place, "load of {}, which is no value of type {}", number(data.type, value), data.type->name);
}
[[noreturn]] void __ubsan_handle_pointer_overflow_abort(const At& data, Value base, Value result) {
  undefined(data.place, "pointer {} moved to {}", address(base), address(result));
}
[[noreturn]] void __ubsan_handle_nonnull_arg_abort(const Argument& data) {
  undefined(data.place, "null pointer as argument {}, which must not be one", data.number);
}
[[noreturn]] void __ubsan_handle_nonnull_return_v1_abort(const At&, const Place& place) {
  undefined(place, "null pointer returned, which must not be one");
}
[[noreturn]] void __ubsan_handle_vla_bound_not_positive_abort(const OfType& data, Value bound) {
  undefined(data.place, "array of {} elements", number(data.type, bound));
}
[[noreturn]] void __ubsan_handle_invalid_builtin_abort(const At& data) {
  undefined(data.place, "zero given to a built-in function that counts zero bits");
}
// These have no other form.
[[noreturn]] void __ubsan_handle_builtin_unreachable(const At& data) { undefined(data.place, "what cannot be reached was"); }
[[noreturn]] void __ubsan_handle_missing_return(const At& data) { undefined(data.place, "end of a function that returns a value"); }

}  // extern "C"

}  // namespace kine
