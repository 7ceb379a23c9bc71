# cellard::scheduler: CAF actors on Boost.Asio threads. A library of its own, so that its tests and the actor tests
# link it without the rest of the daemon.
include(CellardCaf)
find_package(Boost 1.74 REQUIRED)
find_package(Threads REQUIRED)

cellard_library(scheduler
  SOURCES actor_clock.cpp burial.cpp execution_unit.cpp exit_signal.cpp io_pool.cpp scheduler.cpp
  HEADERS actor_clock.hpp burial.hpp execution_unit.hpp exit_signal.hpp io_pool.hpp scheduler.hpp
  PUBLIC cellard_caf Boost::headers Threads::Threads)

# Asio puts a fence around each handler for contexts that run without locks. Ours have their locks, the thread sanitizer
# does not understand fences, and g++ says so with a warning (-Wtsan).
if(CELLARD_SANITIZE MATCHES "thread")
  target_compile_definitions(cellard_scheduler PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
