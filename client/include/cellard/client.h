/* SPDX-License-Identifier: Apache-2.0
 * Copyright the cellard authors
 *
 * The C interface of the cellard client library.
 *
 * A `cellard_client` is one connection to the daemon; a `cellard_space` is one namespace opened
 * over it. A program may have several of each. A client may be used by several threads: calls on
 * one client are served one after the other (one request is in flight at a time), so threads that
 * must not wait for each other use clients of their own. A program that must not wait at all
 * submits and polls (`cellard_async`). Spaces may be used by several threads,
 * too. A `cellard_blocks` may be read by several threads and is freed by one; the slots of a
 * `cellard_stage` may be filled by several, everything else about it is one thread's. The library
 * starts no thread.
 *
 * Nothing here hangs or crashes because of the daemon. Every call ends within its deadline; a
 * daemon that is absent, slow, restarted or killed is a miss and a state (CELLARD_UNAVAILABLE,
 * CELLARD_TIMED_OUT), and the library reconnects by itself: the next call that is due does it, 10
 * ms after the first failure and then with pauses that double up to 5 s; calls in between return at
 * once. Two timeouts in a row end the connection. The deadline bounds the waiting for the daemon
 * and for other threads' calls; copying into and out of the caller's memory is not cut short by it.
 *
 * After fork the child's calls return CELLARD_FORKED: the child connects anew. It may free and
 * close what it inherited; the parent's connection stays as it is.
 *
 * When a call does not return CELLARD_OK, its outputs are empty: zeros, NULL, no blocks.
 * cellard_put, cellard_stage_commit and cellard_get_copy fill theirs in any case that passes the
 * check of arguments, since a part may be done.
 *
 * Memory: what a function returns through a pointer belongs to the library unless its comment says
 * otherwise. Views of blocks are read-only and stay mapped until cellard_blocks_free; their bytes
 * count only if cellard_blocks_check says so after they were used, because the daemon takes slots
 * back from a reader whose lease ran out.
 *
 * Closing a client leaves its spaces, stages and blocks to be closed and freed by their own
 * functions, in any order. Until then calls on spaces and stages return CELLARD_NOT_OPEN, and
 * blocks can be read as before.
 *
 * Structs begin with their size, so that they can grow: set it with the *_INIT macro. Those that
 * come in arrays, and cellard_view, do not grow and have none.
 */
#ifndef CELLARD_CLIENT_H
#define CELLARD_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#  define CELLARD_API __attribute__((visibility("default")))
#else
#  define CELLARD_API
#endif

#define CELLARD_ABI_VERSION 1
#define CELLARD_KEY_BYTES 32

/* Status of a call: the numbers of docs/errors.md. CELLARD_OK is zero. */
typedef enum cellard_status {
  CELLARD_OK = 0,
  CELLARD_INVALID_ARGUMENT = 1,
  CELLARD_UNSUPPORTED_VERSION = 2,
  CELLARD_UNKNOWN_OPCODE = 3,
  CELLARD_FRAME_TOO_LARGE = 4,
  CELLARD_BAD_FRAME = 5,
  CELLARD_NOT_OPEN = 6,
  CELLARD_LAYOUT_MISMATCH = 7,
  CELLARD_NO_PARENT = 8,
  CELLARD_PENDING = 9,
  CELLARD_BUSY = 10,
  CELLARD_LIMIT_REACHED = 11,
  CELLARD_TIMED_OUT = 12,
  CELLARD_NOT_FOUND = 13,
  CELLARD_GONE = 14,
  CELLARD_PERMISSION_DENIED = 15,
  CELLARD_SHUTTING_DOWN = 16,
  CELLARD_OUT_OF_MEMORY = 17,
  CELLARD_OUT_OF_DESCRIPTORS = 18,
  CELLARD_IO_ERROR = 19,
  CELLARD_CORRUPT = 20,
  CELLARD_CONFIG_INVALID = 21,
  CELLARD_UNAVAILABLE = 22,
  CELLARD_FORKED = 23,
  CELLARD_EXISTS = 24,
  CELLARD_INTERNAL = 25
} cellard_status;

typedef enum cellard_dtype {
  CELLARD_OPAQUE = 0,
  CELLARD_F32 = 1,
  CELLARD_F16 = 2,
  CELLARD_BF16 = 3,
  CELLARD_F8E4M3 = 4
} cellard_dtype;

typedef struct cellard_key {
  uint8_t bytes[CELLARD_KEY_BYTES];
} cellard_key;

typedef struct cellard_client cellard_client;
typedef struct cellard_space cellard_space;
typedef struct cellard_blocks cellard_blocks;
typedef struct cellard_stage cellard_stage;

/* "no_parent" and so on; "unknown" for another number. Never NULL. */
CELLARD_API const char* cellard_status_name(int status);

/* The sentence of the last call of the calling thread that did not return CELLARD_OK. Never NULL;
 * valid until the thread's next call. */
CELLARD_API const char* cellard_last_error(void);

/* "0.1.0" */
CELLARD_API const char* cellard_version(void);

/* ---- connection ---- */

typedef struct cellard_options {
  size_t size;
  const char* socket;      /* NULL: $CELLARD_SOCKET, else $XDG_RUNTIME_DIR/cellard/cellard.sock, and
                            * where nobody listens there /run/cellard/cellard.sock */
  const char* client_name; /* for listings; NULL: the program's name */
  uint32_t deadline_ms;    /* of each call; 0: $CELLARD_DEADLINE (seconds), else 1000 */
  uint32_t lazy; /* 1: cellard_connect and cellard_open succeed without a daemon; other calls report
                  * CELLARD_UNAVAILABLE until there is one. What the daemon has against a layout
                  * then shows with the first call. */
} cellard_options;
/* clang-format off */
#define CELLARD_OPTIONS_INIT {sizeof(cellard_options), NULL, NULL, 0, 0}
/* clang-format on */

/* Connects. `options` may be NULL. With $CELLARD_DISABLE set to anything but "" or "0" nothing is
 * contacted: lookups and gets find nothing, a put stores nothing (CELLARD_UNAVAILABLE for each
 * key), all with CELLARD_OK; cellard_reserve, cellard_admin, cellard_history, cellard_forecast
 * and cellard_forget return CELLARD_UNAVAILABLE. */
CELLARD_API int cellard_connect(const cellard_options* options, cellard_client** client);

/* Ends the connection, and with it leases and reservations; waits for a call of another thread to
 * end. Views of blocks stay valid until cellard_blocks_free. NULL is allowed. */
CELLARD_API void cellard_close(cellard_client* client);

typedef struct cellard_server_info {
  size_t size;
  uint64_t instance; /* changes with every start of the daemon */
  uint32_t pid;
  uint32_t connected;     /* 1 while there is a connection */
  uint32_t shared_memory; /* 0: this client is served inline only */
  uint32_t privileged;
  uint32_t max_keys;
  uint32_t max_requests;
  uint64_t max_block_bytes;
  uint64_t staging_bytes;
  uint64_t reconnects;  /* how often the library connected anew */
  uint64_t leases_lost; /* replies that said so; of the blocking calls, not of cellard_async */
  char server[64];      /* "cellard 0.1.0" */
} cellard_server_info;
/* clang-format off */
#define CELLARD_SERVER_INFO_INIT {sizeof(cellard_server_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}}
/* clang-format on */

/* Connects if that is due; CELLARD_OK with `connected` 0 when there is no daemon. */
CELLARD_API int cellard_server(cellard_client* client, cellard_server_info* info);

/* ---- namespaces ---- */

typedef struct cellard_rope {
  size_t size;
  uint32_t rotary_dim;
  uint32_t interleaved; /* 0: pairs (i, i + rotary_dim/2); 1: pairs (2i, 2i + 1) */
  uint32_t first_position;
  uint32_t frequencies; /* number of inverse_frequencies: rotary_dim / 2, or 0 */
  double theta;
  double scaling; /* 1 = none */
  const float* inverse_frequencies;
} cellard_rope;
/* clang-format off */
#define CELLARD_ROPE_INIT {sizeof(cellard_rope), 0, 0, 0, 0, 0.0, 1.0, NULL}
/* clang-format on */

/* One block: K [layers][block_tokens][kv_heads][head_dim], then V
 * [layers][block_tokens][kv_heads][v_head_dim]. */
typedef struct cellard_layout {
  size_t size;
  uint32_t dtype; /* cellard_dtype */
  uint32_t layers;
  uint32_t kv_heads;
  uint32_t head_dim;
  uint32_t v_head_dim; /* usually head_dim; 0: no V (latent attention) */
  uint32_t block_tokens;
  uint64_t max_bytes; /* CELLARD_OPAQUE only */
  uint32_t kv_group;
  uint32_t parts;    /* ranks that together hold one block; 0 means 1 */
  uint32_t part;     /* this process's */
  uint32_t existing; /* 1: open what is there, whatever its layout; only kv_group and part count */
  const char* model; /* may be NULL */
  const char* weights;      /* fingerprint, may be NULL */
  const cellard_rope* rope; /* may be NULL */
  uint64_t max_age_ms;      /* 0 = no limit */
} cellard_layout;
/* clang-format off */
#define CELLARD_LAYOUT_INIT {sizeof(cellard_layout), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, NULL, NULL, NULL, 0}
/* clang-format on */

/* Opens a namespace, creating it at first. CELLARD_LAYOUT_MISMATCH names the field that differs
 * from what exists. With layout->existing nothing is created: CELLARD_NOT_FOUND when there is none,
 * CELLARD_UNAVAILABLE without a daemon, also with lazy and $CELLARD_DISABLE. After a restart of the
 * daemon the library opens the namespace again with the layout that it had, and creates it. */
CELLARD_API int cellard_open(cellard_client* client, const char* name, const cellard_layout* layout,
                             const void* salt, size_t salt_bytes, cellard_space** space);
/* Ends the leases and reservations in it. NULL is allowed. */
CELLARD_API void cellard_space_close(cellard_space* space);
/* The layout, as given to cellard_open or as the daemon has it. Its pointers belong to the space.
 */
CELLARD_API int cellard_space_layout(const cellard_space* space, cellard_layout* layout);
/* Of one block of one part; max_bytes for CELLARD_OPAQUE. */
CELLARD_API uint64_t cellard_block_bytes(const cellard_space* space);

/* ---- keys ---- */

/* Keys of all full blocks of `tokens`: SHA-256 chain as docs/protocol.md describes. `keys` has room
 * for count / block_tokens. */
CELLARD_API int cellard_chain_keys(const uint32_t* tokens, size_t count, uint32_t block_tokens,
                                   const void* extra, size_t extra_bytes, cellard_key* keys);

/* A key from an engine's own hash of any length: 32 bytes as they are, others hashed. */
CELLARD_API int cellard_key_from_bytes(const void* bytes, size_t size, cellard_key* key);

/* ---- find and read ---- */

typedef struct cellard_match {
  size_t size;
  uint32_t matched; /* leading keys known in any tier */
  uint32_t ready;   /* of these, readable now */
  uint32_t loading; /* on their way */
  uint32_t reserved;
} cellard_match;
/* clang-format off */
#define CELLARD_MATCH_INIT {sizeof(cellard_match), 0, 0, 0, 0}
/* clang-format on */

/* How many leading keys are present: no lease, no side effect. A miss is CELLARD_OK with zeros. Any
 * number of keys. */
CELLARD_API int cellard_lookup(cellard_space* space, const cellard_key* keys, size_t count,
                               cellard_match* match);

/* The same, and the blocks count as used. */
CELLARD_API int cellard_touch(cellard_space* space, const cellard_key* keys, size_t count,
                              cellard_match* match);
CELLARD_API int cellard_prefetch(cellard_space* space, const cellard_key* keys, size_t count,
                                 cellard_match* match);

typedef struct cellard_view {
  const void* data; /* `length` read-only bytes, as they are stored */
  size_t length;
  uint32_t codec; /* 0: raw; otherwise encoded, and cellard_blocks_read decodes */
  uint32_t reserved;
} cellard_view;

/* Leases the leading blocks that are present, and maps them. CELLARD_OK with an empty set when none
 * is; free the result in any case of CELLARD_OK. Otherwise *blocks is NULL. A block in a codec that
 * this library does not know ends the set, and so does one whose checksum is wrong, where the
 * daemon asks readers to check it. */
CELLARD_API int cellard_get(cellard_space* space, const cellard_key* keys, size_t count,
                            cellard_blocks** blocks);
CELLARD_API size_t cellard_blocks_count(const cellard_blocks* blocks);
CELLARD_API int cellard_blocks_view(const cellard_blocks* blocks, size_t index, cellard_view* view);

typedef struct cellard_block_info {
  size_t size;
  uint32_t codec; /* as cellard_view has it */
  uint32_t reserved;
  double key_error;   /* how far K is from what was stored, as it was measured when the block was
                       * encoded: the norm of the difference over the norm, the largest of all layers;
                       * 0: exact */
  double value_error; /* the same of V */
} cellard_block_info;
/* clang-format off */
#define CELLARD_BLOCK_INFO_INIT {sizeof(cellard_block_info), 0, 0, 0.0, 0.0}
/* clang-format on */

/* What the daemon knows of a block beside its bytes. CELLARD_GONE and CELLARD_CORRUPT as in
 * cellard_blocks_read, where only the bytes can tell: an older daemon, or a block that came through
 * the socket. */
CELLARD_API int cellard_blocks_info(const cellard_blocks* blocks, size_t index,
                                    cellard_block_info* info);

/* `length` bytes of a block from byte `offset` on, as the layout has them, copied or decoded: any
 * layer, any tokens. The calling thread decodes; several may do so at once. CELLARD_GONE when the
 * block was taken back meanwhile: then what is in `out` does not count. CELLARD_CORRUPT when it
 * cannot be decoded. */
CELLARD_API int cellard_blocks_read(const cellard_blocks* blocks, size_t index, uint64_t offset,
                                    void* out, size_t length);

/* CELLARD_OK when all blocks are still what they were, CELLARD_GONE when one was taken back: then
 * what was read does not count. */
CELLARD_API int cellard_blocks_check(const cellard_blocks* blocks);

/* Gives the lease back (it travels with the next request) and unpins the mapping. NULL is allowed.
 * May be called after cellard_close. */
CELLARD_API void cellard_blocks_free(cellard_blocks* blocks);

typedef struct cellard_buffer {
  void* data;
  size_t length;
} cellard_buffer;

typedef struct cellard_const_buffer {
  const void* data;
  size_t length;
} cellard_const_buffer;

/* Get, copied out and checked. `buffers` has `buffers_per_block` pieces a block, in order of the
 * block's bytes (scatter list); together they have the layout's block size, or for CELLARD_OPAQUE
 * at least the block's. *copied is the number of leading blocks that arrived whole; what is in the
 * buffers of others does not count. */
CELLARD_API int cellard_get_copy(cellard_space* space, const cellard_key* keys, size_t count,
                                 const cellard_buffer* buffers, size_t buffers_per_block,
                                 size_t* copied);

/* ---- write ---- */

/* `parent`: the key before keys[0] in its chain, NULL for a root. Blocks that are present are
 * skipped. `buffers` as in cellard_get_copy (gather list). `statuses` (may be NULL) gets one
 * cellard_status a key: CELLARD_OK stored now, CELLARD_EXISTS, CELLARD_PENDING (another process is
 * writing it), CELLARD_NO_PARENT, CELLARD_BUSY and so on. *stored counts the first two. The call is
 * CELLARD_OK when the daemon answered; otherwise the keys that it did not reach have the call's
 * status. Large puts go in several requests within one deadline. */
CELLARD_API int cellard_put(cellard_space* space, const cellard_key* parent,
                            const cellard_key* keys, size_t count,
                            const cellard_const_buffer* buffers, size_t buffers_per_block,
                            int* statuses, size_t* stored);

/* Write in place: reserves keys, then the caller writes into the staging slots and commits.
 * `lengths` may be NULL (layout's size). Keys for which there is no staging memory left are
 * CELLARD_BUSY. */
CELLARD_API int cellard_reserve(cellard_space* space, const cellard_key* parent,
                                const cellard_key* keys, size_t count, const uint64_t* lengths,
                                cellard_stage** stage);
CELLARD_API size_t cellard_stage_count(const cellard_stage* stage);
/* *data is NULL and the return value says why (CELLARD_EXISTS, CELLARD_PENDING, ...) when there is
 * nothing to write for this key. */
CELLARD_API int cellard_stage_slot(const cellard_stage* stage, size_t index, void** data,
                                   size_t* length);
/* Publishes all slots. `statuses` as in cellard_put. The stage is used up, but its slots stay its
 * own, mapped and harmless to write, until cellard_stage_free. CELLARD_UNAVAILABLE when the
 * connection that reserved was lost. */
CELLARD_API int cellard_stage_commit(cellard_stage* stage, int* statuses, size_t* stored);
/* Gives back what was not committed. NULL is allowed. */
CELLARD_API void cellard_stage_free(cellard_stage* stage);

/* ---- without waiting ---- */

/* The second form of this interface, for programs with an event loop: submissions, and completions
 * that a descriptor announces. A `cellard_async` has a connection of its own (and so a session, a
 * staging area, leases), made by the first submission and anew when it was lost; it starts no
 * thread. All it does it does inside cellard_async_submit and cellard_async_poll, neither of which
 * waits for the daemon. Any thread may call both; they are served one after the other. A program
 * may have several, and use them beside the calls above. */
typedef struct cellard_async cellard_async;

typedef enum cellard_op {
  CELLARD_OP_LOOKUP = 1,
  CELLARD_OP_TOUCH = 2,
  CELLARD_OP_PREFETCH = 3,
  CELLARD_OP_GET = 4,
  CELLARD_OP_PUT = 5,
  CELLARD_OP_REMOVE = 6,
  CELLARD_OP_PIN = 7,
  CELLARD_OP_UNPIN = 8
} cellard_op;

typedef struct cellard_async_options {
  size_t size;
  uint32_t depth; /* most submissions whose completion was not polled; 0: 1024 */
  uint32_t reserved;
} cellard_async_options;
/* clang-format off */
#define CELLARD_ASYNC_OPTIONS_INIT {sizeof(cellard_async_options), 0, 0}
/* clang-format on */

/* Never contacts the daemon. `options` may be NULL. The client may be closed before; submissions
 * return CELLARD_NOT_OPEN then. */
CELLARD_API int cellard_async_open(cellard_client* client, const cellard_async_options* options,
                                   cellard_async** async);

/* Drops what has no completion yet: there will be none, and the memory that it named is not touched
 * any more. Blocks that were handed out stay valid. No other thread may be using `async`; take its
 * descriptor out of event loops first. NULL is allowed. */
CELLARD_API void cellard_async_close(cellard_async* async);

/* Readable while cellard_async_poll has something to do: a completion, a reply, a deadline. It is
 * an epoll descriptor: to be polled (poll, select, epoll, an event loop), never read. At times it
 * is readable for nothing. Level-triggered; with EPOLLET poll until there are no completions. It
 * belongs to `async`. */
CELLARD_API int cellard_async_fd(const cellard_async* async);

/* What to do. What a field is for stands in the description of the call of that name above. */
typedef struct cellard_submission {
  size_t size;
  uint32_t op;          /* cellard_op */
  uint32_t deadline_ms; /* from now to the completion; 0: the client's */
  uint64_t tag;         /* comes back with the completion */
  cellard_space* space; /* opened over the same client */
  const cellard_key* keys;
  size_t count;
  const cellard_key* parent;           /* put */
  const cellard_const_buffer* buffers; /* put; the list is copied, the bytes that it names are read
                                        * until the completion */
  size_t buffers_per_block;            /* put */
  int* statuses;   /* put; may be NULL; `count`, written before the completion is handed out */
  uint32_t for_ms; /* pin */
  uint32_t reserved;
} cellard_submission;
/* clang-format off */
#define CELLARD_SUBMISSION_INIT {sizeof(cellard_submission), 0, 0, 0, NULL, NULL, 0, NULL, NULL, 0, NULL, 0, 0}
/* clang-format on */

/* Takes a submission in, and sends it if that is possible now. CELLARD_OK: there will be exactly
 * one completion, within the deadline as far as poll is called, whatever the daemon does. Otherwise
 * there will be none: wrong arguments, CELLARD_BUSY at `depth`, CELLARD_NOT_OPEN, CELLARD_FORKED.
 * Keys are copied.
 *
 * Submissions may be served in any order. What has to see another's effect (a put and the put of
 * what continues it, unless one submission has both) is submitted after that one's completion.
 *
 * Leases are given back by cellard_blocks_free, which never waits. */
CELLARD_API int cellard_async_submit(cellard_async* async, const cellard_submission* submission);

typedef struct cellard_completion {
  uint64_t tag;
  int status;       /* what the call would have returned */
  uint32_t op;      /* of the submission */
  uint32_t matched; /* lookup, touch, prefetch: as cellard_match */
  uint32_t ready;
  uint32_t loading;
  uint32_t count;         /* put: keys that are there now; remove, pin, unpin: blocks */
  cellard_blocks* blocks; /* get, with CELLARD_OK: for cellard_blocks_free; otherwise NULL */
  const char* message;    /* as cellard_last_error; valid until the thread polls again */
} cellard_completion;

/* Hands out completions: *count, at most `room`, 0 when there is none. Never waits. */
CELLARD_API int cellard_async_poll(cellard_async* async, cellard_completion* completions,
                                   size_t room, size_t* count);

/* ---- the rest ---- */

/* Removes the blocks and everything that continues them. *count blocks went (may be NULL). */
CELLARD_API int cellard_remove(cellard_space* space, const cellard_key* keys, size_t count,
                               uint32_t* removed);

/* The same, and their bytes are overwritten before the call returns. Blocks that anybody reads at
 * that time (*later of them; may be NULL) are removed at once as well, and their bytes go when the
 * leases of that time have ended. Large removals take about as long as copying the blocks: a call
 * that ends with CELLARD_TIMED_OUT goes on in the daemon. */
CELLARD_API int cellard_scrub(cellard_space* space, const cellard_key* keys, size_t count,
                              uint32_t* removed, uint32_t* later);

/* Keeps blocks from eviction for `for_ms` (at most limits.pin_time). */
CELLARD_API int cellard_pin(cellard_space* space, const cellard_key* keys, size_t count,
                            uint32_t for_ms, uint32_t* pinned);
CELLARD_API int cellard_unpin(cellard_space* space, const cellard_key* keys, size_t count,
                              uint32_t* unpinned);

typedef struct cellard_list_item {
  cellard_key key;
  uint32_t length;
  uint32_t depth;
  uint16_t codec;
  uint8_t state; /* 0 visible, 1 being written */
  uint8_t flags; /* 1 leased, 2 pinned, 4 leaf */
  uint32_t children;
} cellard_list_item;

/* One page of a namespace's blocks. *cursor is 0 at first and 0 again at the end. */
CELLARD_API int cellard_list(cellard_space* space, uint64_t* cursor, cellard_list_item* items,
                             size_t room, size_t* count);

/* Text requests. `what`: "stats", "health", "namespaces", "sessions", "config", "reload", "drain",
 * "clear". `all` = every tenant's, for owner and root. *text is a NUL-terminated string to be freed
 * with cellard_text_free. */
CELLARD_API int cellard_admin(cellard_client* client, const char* what, int all, char** text);

typedef struct cellard_window {
  size_t size;
  const char* space;       /* this namespace's numbers; NULL: not of one */
  const char* tenant;      /* this tenant's, for owner and root; NULL: the caller's, or all */
  uint32_t kv_group;       /* of the namespace */
  uint32_t window_seconds; /* how far back, 1 to 604,800 */
  uint32_t points;         /* most values of each series, up to 240; 0: no series */
  uint32_t all;            /* 1: every tenant's, for owner and root */
} cellard_window;
/* clang-format off */
#define CELLARD_WINDOW_INIT {sizeof(cellard_window), NULL, NULL, 0, 3600, 0, 0}
/* clang-format on */

/* What was counted over the last seconds: averages, trends and, when asked for, series, as JSON
 * (docs/protocol.md, history). *text is to be freed with cellard_text_free. */
CELLARD_API int cellard_history(cellard_client* client, const cellard_window* window, char** text);

typedef struct cellard_outlook {
  size_t size;
  const char* space;     /* this namespace's hit ratios; NULL: not of one */
  const char* tenant;    /* this tenant's, for owner and root; NULL: the caller's, or all */
  uint32_t kv_group;     /* of the namespace */
  uint32_t all;          /* 1: every tenant's, for owner and root */
  const uint64_t* sizes; /* up to 64, in bytes, of the daemon's memory, or for others than owner
                          * and root of what the tenant holds; NULL: a sixteenth to eight times
                          * what there is */
  size_t count;          /* of `sizes` */
} cellard_outlook;
/* clang-format off */
#define CELLARD_OUTLOOK_INIT {sizeof(cellard_outlook), NULL, NULL, 0, 0, NULL, 0}
/* clang-format on */

/* What part of the blocks that get asks for would be found with other amounts of memory, as JSON
 * (docs/protocol.md, forecast). *text is to be freed with cellard_text_free. */
CELLARD_API int cellard_forecast(cellard_client* client, const cellard_outlook* outlook,
                                 char** text);
CELLARD_API int cellard_forget(cellard_client* client, const char* name, uint32_t kv_group);
CELLARD_API void cellard_text_free(char* text);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* CELLARD_CLIENT_H */
