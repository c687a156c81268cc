// A café's menu board.
import { HEIGHT, WIDTH, circle, path, radial, rect, svg, text, vertical } from './draw.mjs';

const CREAM = '#f6ead2';
const GOLD = '#e2b36b';
const SERIF = 'EB Garamond';

const COFFEE = [['Espresso', '2.40'], ['Flat white', '3.60'], ['Cappuccino', '3.80'], ['Filter of the day', '3.20'],
  ['Hot chocolate', '4.00']];
const BAKERY = [['Butter croissant', '2.60'], ['Cinnamon bun', '3.40'], ['Carrot cake', '4.80'], ['Focaccia', '6.50'],
  ['Soup of the day', '7.20']];

function column(x, width, title, rows) {
  let out = text(x, 330, title, { size: 66, fill: GOLD, family: SERIF, italic: true });
  out += rect(x, 362, width, 3, GOLD, 'opacity="0.65"');
  rows.forEach(([name, price], i) => {
    const y = 458 + i * 104;
    out += text(x, y, name, { size: 50, weight: 500, fill: CREAM });
    if (i) out += rect(x, y - 67, width, 2, CREAM, 'opacity="0.16"');
    out += text(x + width, y, price, { size: 50, weight: 600, fill: CREAM, anchor: 'end' });
  });
  return out;
}

function steam(x, y, sway) {
  return path(`M${x} ${y} c${-sway} -50 ${sway} -85 0 -135 s${sway} -70 ${sway / 3} -118`, 'none',
    `stroke="${CREAM}" stroke-width="13" stroke-linecap="round" opacity="0.8"`);
}

function cup() {
  return ['<g transform="translate(52 -24) scale(0.98)">',
    circle(330, 560, 268, 'url(#plate)'), circle(330, 560, 268, 'none', `stroke="${GOLD}" stroke-width="4"`),
    `<ellipse cx="330" cy="752" rx="222" ry="34" fill="#0c1d19" opacity="0.5"/>`,
    `<ellipse cx="330" cy="736" rx="214" ry="31" fill="#fffaf0"/><ellipse cx="330" cy="728" rx="150" ry="17" fill="#e5d6ba"/>`,
    path('M462 560 c95 -22 108 112 -26 116', 'none', 'stroke="#fffaf0" stroke-width="27"'),
    path('M182 530 h296 c0 130 -62 204 -120 204 h-56 c-58 0 -120 -74 -120 -204 z', 'url(#china)'),
    `<ellipse cx="330" cy="530" rx="148" ry="30" fill="#fffdf7"/><ellipse cx="330" cy="533" rx="130" ry="22" fill="#6b3f22"/>`,
    `<ellipse cx="330" cy="534" rx="106" ry="15" fill="#a86f3d"/>`,
    path('M330 547 c-34 -9 -56 -13 -44 -20 c10 -5 36 -2 44 5 c8 -7 34 -10 44 -5 c12 7 -10 11 -44 20 z', '#f4e3c4'),
    steam(268, 482, 34), steam(330, 470, -36), steam(392, 482, 34), '</g>',
  ].join('');
}

export function menu() {
  return svg(
    radial('light', [[0, '#2b564b'], [1, '#12302a']]) + radial('plate', [[0, '#2f6a5a'], [1, '#1d463c']]) +
    vertical('china', [[0, '#ffffff'], [1, '#e9dcc4']]),
    rect(0, 0, WIDTH, HEIGHT, '#12302a'), `<ellipse cx="1100" cy="460" rx="1250" ry="800" fill="url(#light)"/>`,
    rect(36, 36, WIDTH - 72, HEIGHT - 72, 'none', `stroke="${GOLD}" stroke-width="3" opacity="0.55"`),
    rect(50, 50, WIDTH - 100, HEIGHT - 100, 'none', `stroke="${GOLD}" stroke-width="1.5" opacity="0.55"`),
    cup(),
    text(720, 208, 'Café Canal', { size: 150, fill: CREAM, family: SERIF, weight: 500 }),
    text(1800, 204, 'open 7 to 19', { size: 54, fill: GOLD, family: SERIF, italic: true, anchor: 'end' }),
    column(720, 480, 'Coffee', COFFEE), column(1300, 500, 'From the oven', BAKERY),
    text(720, 990, 'Oat and soy milk at no extra cost. Ask us about allergens.', { size: 40, fill: CREAM, opacity: 0.85 }));
}
