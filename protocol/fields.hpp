// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
//
// Numbers of the typed fields of hello, open, history and forecast. A number is never reused.
#pragma once

#include "protocol/tlv.hpp"

#include <cstddef>
#include <cstdint>

namespace cellard::protocol {

enum hello_field : std::uint16_t { hello_client_name = 1 | optional_field };

enum open_field : std::uint16_t {
  open_name = 1,
  open_model = 2,
  open_weights = 3,
  open_salt = 4,
  open_rope = 5,
  open_max_age = 6,
  open_existing = 7,
};

/// Of history and of forecast.
enum subject_field : std::uint16_t { subject_space = 1, subject_tenant = 2 };

/// Bits of hello's `features`.
enum feature : std::uint64_t {
  feature_existing = 1,   ///< open_existing, and the layout in open's reply
  feature_scrub = 2,      ///< the flag scrub of remove
  feature_least = 4,      ///< `least` of stage
  feature_history = 8,    ///< the request history
  feature_forecast = 16,  ///< the request forecast
  feature_errors = 32,    ///< errors of encoded blocks in get's reply
};
inline constexpr std::uint64_t known_features = feature_existing | feature_scrub | feature_least
                                                | feature_history | feature_forecast
                                                | feature_errors;

inline constexpr std::size_t max_client_name = 64;

}  // namespace cellard::protocol
