// An intrusive doubly linked list: the links live in the listed objects, so that listing one needs no memory and cannot fail.
// An object is in at most one list a link. The list never owns its objects.
#pragma once

#include "base/check.hh"

namespace kine {

template <class T>
struct Link {
  T* next = nullptr;
  T* previous = nullptr;
};

template <class T, Link<T> T::*link>
class List {
 public:
  bool empty() const { return first_ == nullptr; }
  T* first() const { return first_; }
  T* last() const { return last_; }
  static T* next(const T& item) { return (item.*link).next; }
  static T* previous(const T& item) { return (item.*link).previous; }

  void push_back(T& item) { insert_after(last_, item); }

  // Requires: `before` is in this list, or null for the front; `item` is in none.
  void insert_after(T* before, T& item) {
    T* const after = before ? (before->*link).next : first_;
    item.*link = {after, before};
    (before ? (before->*link).next : first_) = &item;
    (after ? (after->*link).previous : last_) = &item;
  }

  // Requires: item is in this list.
  void remove(T& item) {
    auto [next, previous] = item.*link;
    (previous ? (previous->*link).next : first_) = next;
    (next ? (next->*link).previous : last_) = previous;
  }

  // Requires: the list is not empty.
  T& pop_front() {
    check(first_ != nullptr, "pop from an empty list");
    T& item = *first_;
    first_ = (item.*link).next;
    (first_ ? (first_->*link).previous : last_) = nullptr;
    return item;
  }

 private:
  T* first_ = nullptr;
  T* last_ = nullptr;
};

}  // namespace kine
