#include "qr/qr.h"

#include <qrencode.h>

static bool is_dark(const QRcode *code, int x, int y) {
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

/* One line: the modules of rows `y` and `y + 1`, light ones drawn. */
static bool line_write(const QRcode *code, int y, bool colour, struct pp_buf *out, struct pp_error *error) {
    static const char *const blocks[] = {"\u2588", "\u2580", "\u2584",
                                         " "}; /* both light, upper, lower, none */
    bool ok = !colour || pp_buf_add_text(out, "\033[97;40m", error);
    for (int x = -QR_QUIET; ok && x < code->width + QR_QUIET; x++)
        ok = pp_buf_add_text(out, blocks[is_dark(code, x, y) * 2 + is_dark(code, x, y + 1)], error);
    return ok && pp_buf_add_text(out, colour ? "\033[0m\n" : "\n", error);
}

bool qr_write(const char *text, bool colour, struct pp_buf *out, struct pp_error *error) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    if (!code)
        return pp_fail(error, PP_E_LIMIT, "the address does not fit into a QR code");
    bool ok = true;
    for (int y = -QR_QUIET; ok && y < code->width + QR_QUIET; y += 2)
        ok = line_write(code, y, colour, out, error);
    QRcode_free(code);
    return ok;
}
