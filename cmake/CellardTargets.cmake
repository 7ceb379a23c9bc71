# The two interface targets that carry flags, and the two functions by which every library and test is made.
# No flag is global: a target gets them by linking.

add_library(cellard_warnings INTERFACE)
target_compile_options(cellard_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion
  -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual)
if(CELLARD_WERROR)
  target_compile_options(cellard_warnings INTERFACE -Werror)
endif()

add_library(cellard_sanitizers INTERFACE)
if(CELLARD_SANITIZE)
  target_compile_options(cellard_sanitizers INTERFACE -fsanitize=${CELLARD_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cellard_sanitizers INTERFACE -fsanitize=${CELLARD_SANITIZE})
  # g++ warns that the thread sanitizer knows no fences. Ours stand between a slot's generation and its bytes, for processes that have
  # the segment mapped: no release or acquire of an atomic orders those two, and the sanitizer sees no other process. Threads that relied
  # on a fence would be reported as a race that is none, so nothing is missed by silence. And it takes members of an empty std::optional
  # for uninitialised ones once the sanitizer's calls stand between; the other builds ask that question.
  if(CELLARD_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(cellard_sanitizers INTERFACE -Wno-tsan -Wno-maybe-uninitialized)
  endif()
endif()

# cellard_library(NAME FILE... ): a static library cellard_NAME, alias cellard::NAME, whose headers are each
# compiled alone by the target all_verify_interface_header_sets.
function(cellard_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(cellard_${name} STATIC ${arg_SOURCES})
  add_library(cellard::${name} ALIAS cellard_${name})
  set_target_properties(cellard_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON VERIFY_INTERFACE_HEADER_SETS ON)
  target_sources(cellard_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}
    FILES ${arg_HEADERS})
  target_include_directories(cellard_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(cellard_${name} PUBLIC cellard_sanitizers ${arg_PUBLIC}
    PRIVATE cellard_warnings ${arg_PRIVATE})
endfunction()

# cellard_test(NAME LABEL unit|integration|slow SOURCES FILE... LINK LIB... [ARGUMENTS ARG...]): one Boost.Test
# executable and the ctest entry that runs it. 120 seconds are for a busy machine, not for a slow test.
function(cellard_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK;ARGUMENTS" ${ARGN})
  # Boost.Test makes main() in the one file that defines the module.
  set(main_file ${CMAKE_CURRENT_BINARY_DIR}/${name}_main.cpp)
  file(CONFIGURE OUTPUT ${main_file}
    CONTENT "#define BOOST_TEST_MODULE @name@\n#include <boost/test/unit_test.hpp>\n" @ONLY)
  add_executable(${name} ${arg_SOURCES} ${main_file})
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE cellard_warnings cellard_sanitizers ${arg_LINK}
    Boost::unit_test_framework)
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)  # the longest takes half a minute, but sanitizers and loaded machines are slow
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
endfunction()
