# cellard_caf: CAF::core and the flags that every target with CAF headers needs. Actors and daemon link this one.
# -fno-sanitize=null: CAF 0.17's init_fun_factory.hpp binds a null reference on every typed spawn (style.md F11);
# vptr: the check opens a pipe to see whether memory can be read, so it reports every object as broken in a process that has no descriptor
# left, which a test brings about. No other check is given up, and no target without CAF gives up these.
if(NOT TARGET cellard_caf)
  find_package(CAF 0.17 REQUIRED)
  add_library(cellard_caf INTERFACE)
  target_link_libraries(cellard_caf INTERFACE CAF::core)
  if(CELLARD_SANITIZE MATCHES "undefined")
    target_compile_options(cellard_caf INTERFACE -fno-sanitize=null,vptr)
  endif()
endif()
