/**
 * What loops have in every lane. V8 makes a vector that is written as a constant anew wherever it is used, with three
 * instructions that wait for one port of the processor (V8 13.6 on x64); to read it from memory takes one.
 */
const held = memory.data<u32>([
  0x00000001, 0x80000000, 0x7fffffff, 0x7f800000, 0xff800000, 0xffff0000, 0x00007fff, 0x8fffffff, 0x77800000, 0x38800000,
  0x06800000, 0x3f000000, 0x00000fff, 0x00008000, 0x000000ff, 0x00010000, 0x37000000,
]);

export const ONE: usize = 0;
export const SIGN: usize = 4;
export const MAGNITUDE: usize = 8;
export const EXPONENT: usize = 12;
export const SIGN_AND_EXPONENT: usize = 16;
/** The bits of float32 that are BF16's. */
export const UPPER: usize = 20;
/** Just below half of BF16's last bit. */
export const BELOW_HALF_OF_BFLOAT: usize = 24;
/** Of a half that was shifted to float32's place. */
export const SIGN_AND_HALF: usize = 28;
/** Between the exponents of a half and of float32. */
export const TWO_TO_112: usize = 32;
/** 2⁻¹⁴ */
export const LEAST_NORMAL_HALF: usize = 36;
/** As it is added to an exponent. */
export const THIRTEEN_POWERS: usize = 40;
/** By so much the exponent of what was raised exceeds that of its half, to which the leading one of LAST_BITS adds one. */
export const HALF_BIAS: usize = 44;
export const LAST_BITS: usize = 48;
export const SIGN_OF_HALF: usize = 52;
/** Of an exponent that was shifted to the lowest bits. */
export const EXPONENT_NUMBER: usize = 56;
/** One in the upper half of 32 bits. */
export const SECOND_COUNT: usize = 60;
/** 2⁻¹⁷: from here on a half holds eight bits of a value. */
export const LEAST_EXACT: usize = 64;

/** @param place of the constants above */
// @ts-ignore: decorator
@inline
export function constant(place: usize): v128 {
  return v128.load32_splat(held + place);
}
