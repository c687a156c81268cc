#include "commands.h"

#include <inttypes.h>

#include "base/encode.h"
#include "input.h"
#include "output.h"

#define READ_STEP (1024 * 1024) /* bytes of clear data at once */

static const char *const hash_names[] = {
    [CRYPTO_SHA1] = "sha1",
    [CRYPTO_SHA256] = "sha256",
    [CRYPTO_SHA512] = "sha512",
};

/* Ties the pieces of a stream together: what comes from the input goes through one of these to the output. */
struct pipe_end {
    struct output *output;
    struct seal_writer *writer;
    struct seal_opener *opener;
};

static bool write_to_writer(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct pipe_end *end = arg;
    /* Also tells the output of an interruption, when there is nothing to write. */
    return output_write(end->output, "", 0, error) && seal_writer_write(end->writer, data, size, error);
}

static bool write_to_opener(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct pipe_end *end = arg;
    if (end->output && !output_write(end->output, "", 0, error))
        return false;
    return seal_opener_write(end->opener, data, size, error);
}

static bool discard(void *arg, const void *data, size_t size, struct pp_error *error) {
    (void)arg, (void)data, (void)size, (void)error;
    return true;
}

static bool encrypt_through(const struct job *job, const struct input *input, struct output *output,
                            struct pp_error *error) {
    PP_AUTO(seal_writer)
    struct seal_writer *writer =
        seal_writer_create(output_write, output, job->key, job->associated_data, &job->params, error);
    struct pipe_end end = {.output = output, .writer = writer};
    return writer && input_copy_to(input, write_to_writer, &end, error) &&
           seal_writer_finish(writer, error) && output_commit(output, error);
}

static bool decrypt_pipe(const struct job *job, const struct input *input, struct output *output,
                         struct pp_error *error) {
    PP_AUTO(seal_opener)
    struct seal_opener *opener =
        seal_opener_create(output_write, output, job->key, job->associated_data, &job->params, error);
    struct pipe_end end = {.output = output, .opener = opener};
    return opener && input_copy_to(input, write_to_opener, &end, error) &&
           seal_opener_finish(opener, error) && output_commit(output, error);
}

static bool copy_clear(struct seal_reader *reader, struct output *output, struct pp_error *error) {
    size_t got = 0;
    uint8_t *clear = malloc(READ_STEP);
    bool ok = clear || pp_fail(error, PP_E_NOMEM, "out of memory");
    for (uint64_t offset = 0; ok && offset < seal_reader_size(reader); offset += got)
        ok = seal_reader_read(reader, offset, clear, READ_STEP, &got, error) &&
             output_write(output, clear, got, error);
    if (clear)
        pp_wipe(clear, READ_STEP);
    free(clear);
    return ok;
}

static struct seal_reader *open_reader(const struct job *job, const struct input *input,
                                       struct pp_error *error) {
    return seal_reader_create(input->fd, input->base, input->length, job->key, job->associated_data,
                              &job->params, error);
}

static bool decrypt_file(const struct job *job, const struct input *input, struct output *output,
                         struct pp_error *error) {
    PP_AUTO(seal_reader) struct seal_reader *reader = open_reader(job, input, error);
    return reader && copy_clear(reader, output, error) && output_commit(output, error);
}

typedef bool (*transform)(const struct job *job, const struct input *input, struct output *output,
                          struct pp_error *error);

static bool run_transform(const struct job *job, const struct input *input, transform run,
                          struct pp_error *error) {
    struct output output PP_CLEANUP(output_finish) = {.fd = -1};
    return output_open(&output, job->out, error) && run(job, input, &output, error);
}

bool command_encrypt(const struct job *job, struct pp_error *error) {
    struct input input PP_CLEANUP(input_finish) = {.fd = -1};
    return input_open(&input, job->in, error) && run_transform(job, &input, encrypt_through, error);
}

bool command_decrypt(const struct job *job, struct pp_error *error) {
    struct input input PP_CLEANUP(input_finish) = {.fd = -1};
    return input_open(&input, job->in, error) &&
           run_transform(job, &input, input.seekable ? decrypt_file : decrypt_pipe, error);
}

/* Of a file the last segment is authenticated, and so its length; a pipe is read and authenticated whole. */
static bool measure(const struct job *job, const struct input *input, struct seal_info *info,
                    struct pp_error *error) {
    if (input->seekable) {
        PP_AUTO(seal_reader) struct seal_reader *reader = open_reader(job, input, error);
        if (reader)
            seal_reader_info(reader, info);
        return reader != NULL;
    }
    PP_AUTO(seal_opener)
    struct seal_opener *opener =
        seal_opener_create(discard, NULL, job->key, job->associated_data, &job->params, error);
    struct pipe_end end = {.opener = opener};
    if (!opener || !input_copy_to(input, write_to_opener, &end, error) || !seal_opener_finish(opener, error))
        return false;
    seal_opener_info(opener, info);
    return true;
}

static bool write_info(const struct job *job, const struct seal_info *info, struct output *output,
                       struct pp_error *error) {
    char salt[PP_HEX_SIZE(sizeof info->salt)];
    char prefix[PP_HEX_SIZE(sizeof info->nonce_prefix)];
    struct pp_buf text pp_autobuf = PP_BUF_INIT(4096);
    pp_hex_encode(info->salt, info->salt_size, salt);
    pp_hex_encode(info->nonce_prefix, sizeof info->nonce_prefix, prefix);
    return pp_buf_addf(&text, error,
                       "format: AES-GCM-HKDF streaming\nhash: %s\nkey size: %zu\nsegment size: %u\n"
                       "first offset: %u\nheader size: %zu\nsalt: %s\nnonce prefix: %s\nsegments: %" PRIu64
                       "\nsealed length: %" PRIu64 "\nclear length: %" PRIu64 "\n",
                       hash_names[job->params.hash], job->params.key_size, job->params.segment_size,
                       job->params.first_offset, info->header_size, salt, prefix, info->segments,
                       info->sealed_size, info->clear_size) &&
           output_write(output, text.data, text.size, error) && output_commit(output, error);
}

static bool info_through(const struct job *job, const struct input *input, struct output *output,
                         struct pp_error *error) {
    struct seal_info info;
    return measure(job, input, &info, error) && write_info(job, &info, output, error);
}

bool command_info(const struct job *job, struct pp_error *error) {
    struct input input PP_CLEANUP(input_finish) = {.fd = -1};
    return input_open(&input, job->in, error) && run_transform(job, &input, info_through, error);
}
