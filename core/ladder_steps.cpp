// SPDX-License-Identifier: Apache-2.0
// Copyright the cellard authors
#include "core/ladder_steps.hpp"

namespace cellard::core {

void ladder_steps::append(unsigned step, node_id id, std::uint32_t bytes) {
  if (id >= known_.size()) {
    known_.resize(std::size_t{id} + 1);
  }
  one_step& to = steps_.at(step);
  links_.append(to.order, id);
  to.bytes += bytes;
  known_[id].step = static_cast<std::uint8_t>(step);
  ++size_;
}

void ladder_steps::remove(node_id id, std::uint32_t bytes) {
  one_step& from = steps_.at(step_of(id));
  links_.remove(from.order, id);
  from.bytes -= bytes;
  --size_;
}

bool ladder_steps::give_codec(node_id id, unsigned step) {
  if (known_[id].coded >= step) {
    return false;
  }
  known_[id].coded = static_cast<std::uint8_t>(step);
  return true;
}

unsigned ladder_steps::last() const {
  unsigned step = most;
  while (step > 0 && steps_.at(step).order.empty()) {
    --step;
  }
  return step;
}

}  // namespace cellard::core
