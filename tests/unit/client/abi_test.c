/* SPDX-License-Identifier: Apache-2.0
 * Copyright the cellard authors
 *
 * client.h is C99, and the shared library has what it declares: this file is compiled as C with all
 * warnings and linked against libcellard.so. It names every function.
 */
#include <cellard/client.h>
#include <stdio.h>
#include <string.h>

static int check_without_daemon(void) {
  cellard_options options = CELLARD_OPTIONS_INIT;
  cellard_client* client = NULL;
  cellard_server_info info = CELLARD_SERVER_INFO_INIT;
  options.socket = "/nonexistent/cellard.sock";
  options.deadline_ms = 100;
  options.lazy = 1;
  if (cellard_connect(&options, &client) != CELLARD_OK) {
    return 1;
  }
  if (cellard_server(client, &info) != CELLARD_OK || info.connected != 0) {
    return 2;
  }
  cellard_close(client);
  options.lazy = 0;
  if (cellard_connect(&options, &client) != CELLARD_UNAVAILABLE || client != NULL) {
    return 3;
  }
  return strstr(cellard_last_error(), "/nonexistent") == NULL ? 4 : 0;
}

static int check_structs(void) {
  cellard_rope rope = CELLARD_ROPE_INIT;
  cellard_layout layout = CELLARD_LAYOUT_INIT;
  cellard_match match = CELLARD_MATCH_INIT;
  cellard_async_options options = CELLARD_ASYNC_OPTIONS_INIT;
  cellard_submission submission = CELLARD_SUBMISSION_INIT;
  return rope.size == sizeof rope && rope.scaling == 1.0 && layout.size == sizeof layout
             && layout.parts == 1 && layout.max_age_ms == 0 && match.size == sizeof match
             && options.size == sizeof options && submission.size == sizeof submission
           ? 0
           : 5;
}

typedef void (*any_function)(void);

static const any_function functions[] = {
  (any_function)cellard_status_name,  (any_function)cellard_last_error,
  (any_function)cellard_version,      (any_function)cellard_connect,
  (any_function)cellard_close,        (any_function)cellard_server,
  (any_function)cellard_open,         (any_function)cellard_space_close,
  (any_function)cellard_space_layout, (any_function)cellard_block_bytes,
  (any_function)cellard_chain_keys,   (any_function)cellard_key_from_bytes,
  (any_function)cellard_lookup,       (any_function)cellard_touch,
  (any_function)cellard_prefetch,     (any_function)cellard_get,
  (any_function)cellard_blocks_count, (any_function)cellard_blocks_view,
  (any_function)cellard_blocks_read,  (any_function)cellard_blocks_check,
  (any_function)cellard_blocks_free,  (any_function)cellard_get_copy,
  (any_function)cellard_put,          (any_function)cellard_reserve,
  (any_function)cellard_stage_count,  (any_function)cellard_stage_slot,
  (any_function)cellard_stage_commit, (any_function)cellard_stage_free,
  (any_function)cellard_async_open,   (any_function)cellard_async_close,
  (any_function)cellard_async_fd,     (any_function)cellard_async_submit,
  (any_function)cellard_async_poll,   (any_function)cellard_remove,
  (any_function)cellard_scrub,        (any_function)cellard_pin,
  (any_function)cellard_unpin,        (any_function)cellard_list,
  (any_function)cellard_admin,        (any_function)cellard_history,
  (any_function)cellard_forecast,     (any_function)cellard_forget,
  (any_function)cellard_text_free,
};

int main(void) {
  size_t i;
  int problem = check_structs();
  for (i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
    if (functions[i] == NULL) {
      problem = 6;
    }
  }
  if (problem == 0) {
    problem = check_without_daemon();
  }
  printf("cellard %s: %s\n", cellard_version(), problem == 0 ? "good" : "bad");
  return problem;
}
