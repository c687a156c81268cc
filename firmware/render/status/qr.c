#include "render/status/qr.h"

#include <math.h>
#include <qrencode.h>

static void draw_modules(cairo_t *cr, const QRcode *code, double left, double top, double module) {
    cairo_set_source_rgb(cr, 0, 0, 0);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1)
                cairo_rectangle(cr, left + x * module, top + y * module, module, module);
        }
    }
    cairo_fill(cr);
}

bool qr_draw(cairo_t *cr, const char *text, double x, double y, double side, struct pp_error *error) {
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code)
        return pp_fail(error, PP_E_LIMIT, "qr: the text does not fit into a QR code");
    double module = floor(side / (code->width + 2 * QR_QUIET_ZONE));
    bool fits = module >= 1;
    if (fits) {
        double whole = module * (code->width + 2 * QR_QUIET_ZONE);
        double left = floor(x - whole / 2), top = floor(y - whole / 2);
        cairo_save(cr);
        cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
        cairo_set_source_rgb(cr, 1, 1, 1);
        cairo_rectangle(cr, left, top, whole, whole);
        cairo_fill(cr);
        draw_modules(cr, code, left + QR_QUIET_ZONE * module, top + QR_QUIET_ZONE * module, module);
        cairo_restore(cr);
    }
    QRcode_free(code);
    return fits ? true : pp_fail(error, PP_E_LIMIT, "qr: no room for a QR code");
}
