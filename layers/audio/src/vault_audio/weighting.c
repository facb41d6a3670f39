/* The K filter of BS.1770-4 over interleaved samples: energy per hop, without the filtered signal.
 *
 * A recursive filter is a loop over samples, which numpy has none for. Told in loudness.py, its only caller.
 */
#include <math.h>
#include <stdint.h>

enum { ORDER = 5, STATES = 4, MOST_CHANNELS = 2 };
static const double NEGLIGIBLE = 1e-30;

/* One sample through two biquads in transposed direct form II; c: b0 b1 b2 a1 a2, twice. */
static inline double weigh(double x, const double *c, double *s)
{
    double y = c[0] * x + s[0];
    s[0] = c[1] * x - c[3] * y + s[1];
    s[1] = c[2] * x - c[4] * y;
    double z = c[5] * y + s[2];
    s[2] = c[6] * y - c[8] * z + s[3];
    s[3] = c[7] * y - c[9] * z;
    return z;
}

/* samples: frames of `channels` floats; state: STATES per channel, kept from call to call.
 * out: mean square per whole hop, summed over channels. Returns the whole hops. */
int64_t lv_weighted_energy(const float *samples, int64_t frames, int32_t channels, int64_t hop,
                           const double *coefficients, double *state, double *out)
{
    if (channels < 1 || channels > MOST_CHANNELS || hop < 1)
        return -1;
    double c[2 * ORDER], s[MOST_CHANNELS * STATES];
    for (int k = 0; k < 2 * ORDER; k++)
        c[k] = coefficients[k];
    for (int k = 0; k < channels * STATES; k++)
        s[k] = state[k];
    int64_t hops = 0;
    for (int64_t start = 0; start < frames; start += hop) {
        int64_t stop = start + hop < frames ? start + hop : frames;
        double sums[MOST_CHANNELS] = {0};
        if (channels == 1)
            for (int64_t n = start; n < stop; n++) {
                double y = weigh(samples[n], c, s);
                sums[0] += y * y;
            }
        else
            for (int64_t n = start; n < stop; n++) {
                double l = weigh(samples[2 * n], c, s), r = weigh(samples[2 * n + 1], c, s + STATES);
                sums[0] += l * l;
                sums[1] += r * r;
            }
        if (stop - start == hop)
            out[hops++] = (sums[0] + sums[1]) / (double)hop;
        /* After silence the filter rings for ever in numbers that processors are slow at. */
        for (int k = 0; k < channels * STATES; k++)
            if (fabs(s[k]) < NEGLIGIBLE)
                s[k] = 0;
    }
    for (int k = 0; k < channels * STATES; k++)
        state[k] = s[k];
    return hops;
}
