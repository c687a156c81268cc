/* How loud it is: what comes out of the sound device, by the command of the agent. */
#include "rig.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define LEVEL         16384 /* of each sample that the renderer sends */
#define LEVEL_HEARD   0.5f
#define RING_FRAMES   8192
#define STEADY        8192 /* samples of one level, one after the other */
#define TOLERANCE     0.002f
#define BLOCK_SAMPLES 2048

static const struct ipc_ring bgra = {.format = IPC_PIXEL_BGRA};

/* A layer whose sound never ends, and the cable behind the sound device. */
struct speaker {
    struct source source;
    struct ipc_audio_ring ring;
    int cable;
    float loudest; /* since it was set to 0 */
};

static void feed(struct speaker *speaker) {
    static int16_t sound[RING_FRAMES * 2];
    for (size_t i = 0; i < PP_COUNT(sound); i++)
        sound[i] = LEVEL;
    ipc_audio_ring_write(&speaker->ring, sound, ipc_audio_ring_space(&speaker->ring));
}

static void begin(struct rig *rig, struct speaker *speaker) {
    const struct ipc_audio layout = {IPC_SAMPLE_S16, IPC_AUDIO_RATE, 2, RING_FRAMES};
    speaker->cable = open(getenv("SDL_DISKAUDIOFILE"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    assert_true(speaker->cable >= 0);
    source_add(rig, &speaker->source, (struct ipc_layer_add){.layer = 1, .volume = 100});
    source_send(&speaker->source, &(struct ipc_message){.type = IPC_AUDIO, .audio = layout});
    pp_autoclose int fd = source_memory(&speaker->source, IPC_MEMORY_SOUND);
    assert_true(ipc_audio_ring_open(&layout, fd, &speaker->ring, NULL));
    feed(speaker);
    source_ring(&speaker->source, bgra);
    source_frame(&speaker->source, 0, 0, 0, 255);
    rig_expect(rig, IPC_LAYER_READY);
    rig_show_now(rig, 1, 0);
}

static void end(struct speaker *speaker) {
    ipc_audio_ring_finish(&speaker->ring);
    source_close(&speaker->source);
    pp_close(&speaker->cable);
    unlink(getenv("SDL_DISKAUDIOFILE"));
}

/* Listens until there is nothing but that level for a while. */
static void hear(struct speaker *speaker, float level) {
    float block[BLOCK_SAMPLES];
    int steady = 0;
    int64_t until_ms = pp_clock_monotonic_ms() + RIG_WAIT_MS;
    speaker->loudest = 0;
    while (steady < STEADY) {
        if (pp_clock_monotonic_ms() > until_ms)
            fail_msg("%f is not heard; at most %f", (double)level, (double)speaker->loudest);
        feed(speaker);
        ssize_t size = read(speaker->cable, block, sizeof block);
        for (ssize_t i = 0; i < size / (ssize_t)sizeof *block; i++) {
            speaker->loudest = fmaxf(speaker->loudest, block[i]);
            steady = fabsf(block[i] - level) < TOLERANCE ? steady + 1 : 0;
        }
    }
}

static void set_volume(struct rig *rig, uint8_t percent) {
    rig_send(rig, &(struct ipc_message){.type = IPC_CONTROL, .control = {IPC_CONTROL_VOLUME, percent}});
    struct ipc_controlled done = rig_expect(rig, IPC_CONTROLLED).controlled;
    assert_int_equal(done.control, IPC_CONTROL_VOLUME);
    assert_int_equal(done.value, percent);
}

static void all_sound_is_as_loud_as_the_agent_says(void **state) {
    struct rig *rig = *state;
    struct speaker speaker = {0};
    begin(rig, &speaker);
    hear(&speaker, LEVEL_HEARD);
    static const uint8_t volumes[] = {30, 0, 75, 100};
    for (size_t i = 0; i < PP_COUNT(volumes); i++) {
        set_volume(rig, volumes[i]);
        hear(&speaker, LEVEL_HEARD * (float)volumes[i] / 100);
        assert_true(speaker.loudest < LEVEL_HEARD + TOLERANCE);
    }
    end(&speaker);
}

/* Whoever connects next says it anew, and until then it is as it was. */
static void the_volume_outlives_the_agent(void **state) {
    struct rig *rig = *state;
    struct speaker speaker = {0};
    set_volume(rig, 20);
    rig_disconnect(rig);
    rig_connect(rig);
    begin(rig, &speaker);
    hear(&speaker, LEVEL_HEARD / 5);
    assert_true(speaker.loudest < LEVEL_HEARD / 5 + TOLERANCE); /* and was not louder at first */
    end(&speaker);
}

static void control(struct rig *rig, enum ipc_control_kind kind, uint8_t value) {
    rig_send(rig, &(struct ipc_message){.type = IPC_CONTROL, .control = {(uint8_t)kind, value}});
    assert_int_equal(rig_expect(rig, IPC_CONTROLLED).controlled.control, kind);
}

/* Of whatever volume there is by then. */
static void a_part_of_the_volume_is_left_while_it_is_ducked(void **state) {
    struct rig *rig = *state;
    struct speaker speaker = {0};
    begin(rig, &speaker);
    set_volume(rig, 50);
    control(rig, IPC_CONTROL_DUCK, 20);
    hear(&speaker, LEVEL_HEARD / 10);
    set_volume(rig, 100);
    hear(&speaker, LEVEL_HEARD / 5);
    control(rig, IPC_CONTROL_DUCK, 100);
    hear(&speaker, LEVEL_HEARD);
    end(&speaker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_sound_is_as_loud_as_the_agent_says,
                                        rig_setup_with_sound_in_a_pipe, rig_teardown),
        cmocka_unit_test_setup_teardown(a_part_of_the_volume_is_left_while_it_is_ducked,
                                        rig_setup_with_sound_in_a_pipe, rig_teardown),
        cmocka_unit_test_setup_teardown(the_volume_outlives_the_agent, rig_setup_with_sound_in_a_pipe,
                                        rig_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
