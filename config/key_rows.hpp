// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// How a row of the table of keys (keys.cpp) is made of a field of the configuration: what reads it,
// what writes it, and what it allows.
#pragma once

#include "config/schema.hpp"

#include <algorithm>
#include <type_traits>

namespace cellard::config {

template <class Field>
value to_value(const Field& field) {
  if constexpr (std::is_enum_v<Field>) {
    return std::string(to_string(field));
  } else {
    return value(std::in_place_type<Field>, field);
  }
}

/// @pre the value has been parsed like the key's own and is allowed.
template <class Field>
void assign(Field& field, const value& any) {
  if constexpr (std::is_enum_v<Field>) {
    const auto& list = words<Field>::list;
    const auto* word =
      std::find(list.data(), list.data() + list.size(), std::get<std::string>(any));
    field = static_cast<Field>(word - list.data());
  } else {
    field = std::get<Field>(any);
  }
}

/// A key's row with all but the two accessors.
constexpr key row(std::string_view name, std::string_view unit, std::string_view allowed,
                  effect when, std::string_view doc) {
  key made;
  made.name = name;
  made.unit = unit;
  made.allowed = allowed;
  made.when = when;
  made.doc = doc;
  return made;
}

template <class Field>
constexpr key with_words(key made) {
  if constexpr (std::is_enum_v<Field>) {
    made.words = words<Field>::list;
  } else if constexpr (std::is_same_v<Field, bool>) {
    made.allowed = "true and false";
  }
  return made;
}

/// Makes `made` the key of the field `Member` of the settings `Part`.
template <auto Part, auto Member>
constexpr key of(key made) {
  made.read = [](const configuration& from, std::size_t) {
    return to_value(from.*Part.*Member);
  };
  made.write = [](configuration& to, std::size_t, const value& any) {
    assign(to.*Part.*Member, any);
  };
  return with_words<std::remove_cvref_t<decltype(configuration{}.*Part.*Member)>>(made);
}

/// Makes `made` the key of the field `Member` of each element of `List`.
template <auto List, auto Member>
constexpr key each(key made) {
  made.read = [](const configuration& from, std::size_t element) {
    return to_value((from.*List).at(element).*Member);
  };
  made.write = [](configuration& to, std::size_t element, const value& any) {
    assign((to.*List).at(element).*Member, any);
  };
  using element_type = typename std::remove_cvref_t<decltype(configuration{}.*List)>::value_type;
  return with_words<std::remove_cvref_t<decltype(element_type{}.*Member)>>(made);
}

constexpr key registered(key made, std::vector<std::string> vocabulary::*list) {
  made.registered = list;
  return made;
}

constexpr key text(key made, bool (*valid)(std::string_view), std::string_view example = {}) {
  made.valid = valid;
  made.example = example;
  return made;
}

template <auto List>
constexpr section list_of(std::string_view name, std::string_view doc, std::span<const key> keys,
                          std::size_t most) {
  return {name,
          doc,
          keys,
          most,
          [](const configuration& from) { return (from.*List).size(); },
          [](configuration& to, std::size_t tables) {
            (to.*List).resize(tables);
          }};
}

}  // namespace cellard::config
