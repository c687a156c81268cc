import './start.js';
import './app.js';
